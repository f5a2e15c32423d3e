"""Every test that opens a database runs once on SQLite and once on PostgreSQL; the others run once.

A test opens a database when it, its module or a fixture that it asks for uses one of the `OPENERS`. Marks say where
that is not meant: `only_on` names the one database that a test is about, and `few_on_postgresql(n)` lets it have the
first `n` of a test's many parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from entrypoints.cli.command import Cli
from support import databases
from support.api import open_api
from support.editing import open_editing
from support.local import open_local
from support.program import environment
from support.pushing import open_push_desk
from support.runs import open_desk

# How long an example takes says more about the machine than about the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

OPENERS: tuple[object, ...] = (
    Cli,
    environment,
    open_api,
    open_desk,
    open_editing,
    open_local,
    open_push_desk,
    databases.address_in,
    databases.new_database,
)


@pytest.fixture(scope="module", autouse=True)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """What databases are made on: a fixture of a module or wider that opens one has to ask for this one."""
    chosen = getattr(request, "param", databases.SQLITE)
    with databases.running_on(chosen), databases.dropped_afterwards():
        yield chosen


@pytest.fixture(autouse=True)
def _own_databases(backend: str) -> Iterator[None]:
    with databases.dropped_afterwards():
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not _opens_a_database(metafunc):
        return
    only = metafunc.definition.get_closest_marker("only_on")
    metafunc.parametrize("backend", only.args[:1] if only else databases.BACKENDS, indirect=True, scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `few_on_postgresql` does not let through."""
    counts: Counter[Any] = Counter()
    kept, left_out = [], []
    for item in items:
        few = item.get_closest_marker("few_on_postgresql")
        key = item.nodeid.split("[")[0]
        if few is None or _backend_of(item) != databases.POSTGRESQL:
            kept.append(item)
            continue
        counts[key] += 1
        (kept if counts[key] <= few.args[0] else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_sessionfinish() -> None:
    databases.close_databases()


def _opens_a_database(metafunc: pytest.Metafunc) -> bool:
    if metafunc.definition.get_closest_marker("only_on"):
        return True
    if any(_is_opener(value) for value in vars(metafunc.module).values()):
        return True
    definitions = metafunc.definition._fixtureinfo.name2fixturedefs.values()
    return any(_uses_an_opener(one.func) for several in definitions for one in several)


def _uses_an_opener(function: Callable[..., Any]) -> bool:
    code = getattr(function, "__code__", None)
    known = getattr(function, "__globals__", {})
    return code is not None and any(_is_opener(known.get(name)) for name in code.co_names)


def _is_opener(value: object) -> bool:
    return any(value is opener for opener in OPENERS)


def _backend_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("backend") if callspec is not None else None
