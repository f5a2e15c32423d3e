"""SQLAlchemy's asyncio engine without its ORM.

`sqlalchemy.ext.asyncio` imports its sessions beside its engine, and they the whole ORM, which nothing here uses: an
eighth of what a short command costs. They are left out until somebody asks the package for one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from emagsync.core.import_hooks import execute_by

if TYPE_CHECKING:
    from importlib.abc import Loader
    from types import ModuleType

_PACKAGE: Final = "sqlalchemy.ext.asyncio"
_ENGINE: Final = ("AsyncConnection", "AsyncEngine", "create_async_engine")


def import_no_orm() -> None:
    """Let `sqlalchemy.ext.asyncio` import its engine alone, from now on in this process."""
    execute_by(_engine_first, _PACKAGE)


def _engine_first(loader: Loader, module: ModuleType) -> None:
    """Give the package the engine's names. Whoever asks for another has the package's own code executed first."""
    engine = import_module(f"{_PACKAGE}.engine")
    module.__dict__.update({name: getattr(engine, name) for name in _ENGINE})

    def rest(name: str) -> Any:
        if name.startswith("__"):  # what Python asks of any module, such as `__all__`
            raise AttributeError(name)
        module.__dict__.pop("__getattr__", None)
        loader.exec_module(module)
        return getattr(module, name)

    module.__dict__["__getattr__"] = rest
