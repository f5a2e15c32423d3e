"""Having a say in how a library's module is executed, where importing it as it is would cost a short command dearly."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder

# Executes the module given with the loader that Python would have executed it with.
Execute = Callable[["Loader", ModuleType], None]


def execute_by(execute: Execute, *names: str) -> None:
    """From now on in this process, have `execute` execute each module of these names when it is first imported.

    What is imported already stays as it is. Said again for a name, the first one keeps it.
    """
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, cast("MetaPathFinder", _FINDER))
    for name in names:
        _FINDER.executed_by.setdefault(name, execute)


class _Finder:
    """Finds the modules that somebody has a say in, where Python does."""

    def __init__(self) -> None:
        self.executed_by: dict[str, Execute] = {}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        execute = self.executed_by.get(name)
        if execute is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _Executed(spec.loader, execute))
        return spec


class _Executed:
    """A module's own loader, but for how it is executed."""

    def __init__(self, loader: Loader, execute: Execute) -> None:
        self._loader = loader
        self._execute = execute

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._execute(self._loader, module)


_FINDER: Final = _Finder()
