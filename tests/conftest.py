"""Which databases a test runs on is said by its mark `databases`, or its module's: see pyproject.toml.

`databases("both")` stands where SQL is behind the test: it runs once on SQLite and once on PostgreSQL. `first=n` lets
PostgreSQL have the first `n` of a test's many parameters. A test without the mark runs once; if it opens a database,
that is SQLite.

What a test shows is one thing, how often it is shown another. `make test` is for every change; `make thorough`, which
CI runs as well, repeats and varies: on PostgreSQL what has `often="sqlite"`, and the parameters of a test behind its
`often(first=n)`. Both get the mark `thorough`, which a test may also have of its own. A property is tried with a
quarter of its examples in `make test`, by the profile `few`, and with all of them in `make thorough`. `--part 2/4`
takes one quarter of what is for `make thorough`: see `support/parts.py`.
"""

from __future__ import annotations

import faulthandler
import gc
import itertools
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import HealthCheck, settings

from emagsync.core.concurrency import InBackground, background_task
from support import databases
from support.compiled_statements import share_compiled_statements
from support.left_out import left_out
from support.parts import Part
from support.processes import forking

# How long an example takes says more about the machine than about the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("few", settings.get_profile("unhurried"), max_examples=25)
settings.load_profile("unhurried")

# What a test may take whose mark `timeout` does not say otherwise.
_LIMIT_SECONDS = 600
# More than any test of another process takes, which the last of this one may have to wait for.
_STANDSTILL_SECONDS = 900

_folders = itertools.count()
_FOLDER = pytest.StashKey[Path]()
_BACKENDS = {"both": databases.BACKENDS} | {backend: (backend,) for backend in databases.BACKENDS}


# structlog's own choice renders a traceback with colours and all local variables: a second of work for each.
_LOGS = [
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
]


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    structlog.configure(processors=_LOGS)


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own, kept if it fails. Pytest's looks through all others before for a free name."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.getbasetemp() / f"{name}{next(_folders)}"
    folder.mkdir(mode=0o700)
    request.node.stash[_FOLDER] = folder
    return folder


@pytest.fixture
def unasked(request: pytest.FixtureRequest) -> InBackground:
    """For `open_api`: a server does nothing by itself, unless the test is marked `unasked`."""
    return background_task if request.node.get_closest_marker("unasked") else left_out


@pytest.fixture
def forked() -> Iterator[None]:
    """Programs of ours that the code under test starts are forked, where nothing of the test is about their start."""
    with forking():
        yield


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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """A process that stands still says where, and ends: at a test's limit, and between two tests.

    It is ended, not interrupted: an event loop or a property may take the interruption for a failure of its own and go
    on for ever. Pytest-timeout does so too, by a thread for each test, which is a fortieth of a whole run's time.
    The files of a test that passed go: a whole run's would be some gigabytes, of memory where `make test` puts them.
    """
    stderr = item.config.stash[fault_handler_stderr_fd_key]
    mark = item.get_closest_marker("timeout")
    limit = _LIMIT_SECONDS if mark is None else mark.args[0]
    faulthandler.dump_traceback_later(limit, file=stderr, exit=True)
    failed_before = item.session.testsfailed
    result = yield
    if item.session.testsfailed == failed_before and (folder := item.stash.get(_FOLDER, None)) is not None:
        shutil.rmtree(folder, ignore_errors=True)
    faulthandler.dump_traceback_later(_STANDSTILL_SECONDS, file=stderr, exit=True)
    return result


share_compiled_statements()

# Looking for cycles takes a fifth of a test process's time: the modules and the tests themselves are what it looks
# through, again and again, and none of them ever becomes garbage.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage from now on, seldom, and only in what the tests make."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", type=Part.parse, help="of the tests marked `thorough` only the second of four: 2/4")


def pytest_configure() -> None:
    """A shell ignores Ctrl-C for what it starts in the background, and every program of a test would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    mark = metafunc.definition.get_closest_marker("databases")
    if mark is not None:
        metafunc.parametrize("backend", _BACKENDS[mark.args[0]], indirect=True, scope="module")


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not for PostgreSQL, and other parts than the chosen one; mark what is for `make thorough`."""
    part: Part | None = config.getoption("part")
    counts: Counter[tuple[str, str | None]] = Counter()
    kept, left_out = [], []
    for item in items:
        backend = _backend_of(item)
        test = (item.nodeid.split("[")[0], backend)
        counts[test] += 1
        if backend == databases.POSTGRESQL and counts[test] > _number(item, "databases", "first"):
            left_out.append(item)
            continue
        if counts[test] > _number(item, "often", "first") or _is_a_repeat(item):
            item.add_marker(pytest.mark.thorough)
        is_in_it = part is None or not _is_for_thorough(item) or part.has(item.nodeid)
        (kept if is_in_it else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _is_a_repeat(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("databases")
    often = mark.kwargs.get("often") if mark is not None else None
    return often is not None and often != _backend_of(item)


def _is_for_thorough(item: pytest.Item) -> bool:
    """Whether `make thorough` runs it: properties, too, with all of their examples."""
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return is_property or item.get_closest_marker("thorough") is not None


def _number(item: pytest.Item, mark: str, argument: str) -> float:
    found = item.get_closest_marker(mark)
    value = found.kwargs.get(argument) if found is not None else None
    return float("inf") if value is None else int(value)


def pytest_sessionfinish() -> None:
    databases.close_databases()


def _backend_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("backend") if callspec is not None else None
