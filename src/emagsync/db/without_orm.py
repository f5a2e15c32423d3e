"""SQLAlchemy's asyncio engine without its ORM.

`sqlalchemy.ext.asyncio` imports its sessions beside its engine, and they the whole ORM, which nothing here uses: an
eighth of what a short command costs. An import hook leaves the sessions out until somebody asks the package for one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder

_PACKAGE: Final = "sqlalchemy.ext.asyncio"
_ENGINE: Final = ("AsyncConnection", "AsyncEngine", "create_async_engine")


def import_no_orm() -> None:
    """Let `sqlalchemy.ext.asyncio` import its engine alone, from now on in this process."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, cast("MetaPathFinder", _Finder()))


class _Finder:
    """Finds that one package, where Python does."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _EngineFirst(spec.loader))
        return spec


class _EngineFirst:
    """Gives the package the engine's names. Whoever asks for another has the package's own code executed first."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        engine = import_module(f"{_PACKAGE}.engine")
        module.__dict__.update({name: getattr(engine, name) for name in _ENGINE})

        def rest(name: str) -> Any:
            if name.startswith("__"):  # what Python asks of any module, such as `__all__`
                raise AttributeError(name)
            module.__dict__.pop("__getattr__", None)
            self._loader.exec_module(module)
            return getattr(module, name)

        module.__dict__["__getattr__"] = rest
