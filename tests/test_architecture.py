"""Rules about the code that neither the linter nor the import contracts can state."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "emagsync"

# What a module without SQL may have of SQLAlchemy: the types in which a repository hands out and takes.
_TYPES = {"AsyncConnection", "ColumnElement", "Row", "Table"}
_STATEMENTS = {"BulkInsert", "BulkSelect", "BulkUpdate"}
_ASKING = {"execute", "scalar", "scalars", "stream", "exec_driver_sql"}

# Functions that import: what costs a start much and is seldom needed, or is not always installed. Each says why.
IMPORTS_IN_FUNCTIONS = {
    "accounts/registry.py",
    "core/late_trust.py",
    "db/migrate.py",
    "db/postgresql.py",
    "entrypoints/api/services.py",
    "entrypoints/cli/commands/sync.py",
    "entrypoints/cli/session.py",
    "entrypoints/services/accounts.py",
    "offers/export_formats.py",
    "sources/checks.py",
    "sources/fetching/fetcher.py",
    "sync/run/writer.py",
    "sync/service.py",
    "telemetry/tracing.py",
    "vault/vault.py",
}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its path within it, such as `offers/search.py`."""
    paths = sorted(SOURCE.rglob("*.py"))
    return {path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All that is in it: walking through every module takes longer than what a test asks of what it meets."""
    return tuple(ast.walk(tree))


def _may_have_sql(path: str) -> bool:
    return path.startswith("db/") or path.endswith(("repository.py", "tables.py"))


def _sql_in(tree: ast.Module) -> Iterator[str]:
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            yield from (f"line {node.lineno}: import {one.name}" for one in node.names if one.name == "sqlalchemy")
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            yield from (f"line {node.lineno}: {one.name}" for one in node.names if one.name not in _TYPES)
        if isinstance(node, ast.ImportFrom) and node.module in ("emagsync.db.bulk", "emagsync.db.ready"):
            yield from (f"line {node.lineno}: {one.name}" for one in node.names if one.name in _STATEMENTS)
        if isinstance(node, ast.Attribute) and node.attr in _ASKING and _is_connection(node.value):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _is_connection(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and "connection" in node.id


def test_sql_is_in_repositories_only() -> None:
    found = {path: list(_sql_in(tree)) for path, tree in modules().items() if not _may_have_sql(path)}
    assert {path: lines for path, lines in found.items() if lines} == {}


def _arguments(tree: ast.Module) -> Iterator[ast.arg | ast.AnnAssign]:
    for node in nodes_of(tree):
        if isinstance(node, ast.arg) or (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            yield node


def test_connections_are_typed() -> None:
    untyped = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for node in _arguments(tree)
        if isinstance(node.annotation, ast.Name)
        and node.annotation.id == "Any"
        and "connection" in (node.arg if isinstance(node, ast.arg) else ast.unparse(node.target))
    ]
    assert untyped == []


def test_bodies_of_requests_are_read_in_one_place() -> None:
    """Else texts that nothing can store would come in."""
    reading = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        if path not in ("rest/bodies.py", "rest/texts.py") and not path.startswith("sandbox/")
        for node in nodes_of(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "request"
        and node.attr in ("body", "form", "json", "stream")
    ]
    assert reading == []


def _error_classes() -> set[str]:
    """The names of the package's exceptions."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in modules().values()
        for node in nodes_of(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"Exception", "BaseException"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def _code_comparisons(tree: ast.AST, errors: set[str]) -> Iterator[int]:
    """Lines that compare the code of a caught error, or of a parameter that is an error, with a text."""
    for scope in nodes_of(tree):
        names: set[str] = set()
        if isinstance(scope, ast.ExceptHandler) and scope.name:
            names = {scope.name}
        elif isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
            names = {one.arg for one in arguments if one.annotation and ast.unparse(one.annotation) in errors}
        for node in ast.walk(scope) if names else ():
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                others = [side for side in sides if not _is_code_of(side, names)]
                if len(others) < len(sides) and any(_is_text(side) for side in others):
                    yield node.lineno


def _is_code_of(node: ast.expr, names: set[str]) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "code"
        and isinstance(node.value, ast.Name)
        and node.value.id in names
    )


def _is_text(node: ast.expr) -> bool:
    """A string, some of them, or a constant or attribute (`SomeError.code`) that holds one."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(_is_text(inner) for inner in node.elts)
    if isinstance(node, ast.Name):
        return node.id.isupper()
    return isinstance(node, ast.Attribute) and node.attr == "code"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        pytest.param("try:\n    f()\nexcept E as e:\n    if e.code == 'gone':\n        g()", [4], id="a text"),
        pytest.param("try:\n    f()\nexcept E as e:\n    if e.code in ('a', 'b'):\n        g()", [4], id="texts"),
        pytest.param("def f(error: ValueError):\n    return error.code == GONE", [2], id="a constant"),
        pytest.param("def f(error: ValueError):\n    return error.code == Gone.code", [2], id="a class's code"),
        pytest.param("def f(row: Row):\n    return row.code == 'gone'", [], id="data that has a code"),
        pytest.param("try:\n    f()\nexcept E as e:\n    g(e.code)", [], id="a code that is passed on"),
        pytest.param("try:\n    f()\nexcept E as e:\n    g(e.code is None)", [], id="whether there is a code"),
    ],
)
def test_comparisons_of_codes_are_found(code: str, lines: list[int]) -> None:
    assert list(_code_comparisons(ast.parse(code), {"ValueError"})) == lines


def test_errors_are_told_apart_by_type_not_by_code() -> None:
    errors = _error_classes()
    assert {"EmagsyncError", "DatabaseError"} <= errors
    found = [f"{path}:{line}" for path, tree in modules().items() for line in _code_comparisons(tree, errors)]
    assert found == []


def _imports_in_functions(tree: ast.Module) -> bool:
    functions = (node for node in nodes_of(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(isinstance(node, ast.Import | ast.ImportFrom) for function in functions for node in ast.walk(function))


def test_functions_import_nothing_without_a_reason() -> None:
    assert {path for path, tree in modules().items() if _imports_in_functions(tree)} == IMPORTS_IN_FUNCTIONS


def _name_of(path: str) -> str:
    parts = ["emagsync", *Path(path).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _runtime_imports(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run when the module does: not those in functions, nor those for type checkers."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _runtime_imports([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _runtime_imports([*node.body, *node.orelse, *node.finalbody])
            yield from (found for handler in node.handlers for found in _runtime_imports(handler.body))


def _imported(tree: ast.Module, known: set[str]) -> set[str]:
    found: set[str] = set()
    for node in _runtime_imports(tree.body):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif node.module:
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                found.add(inner if inner in known else node.module)
    return found & known


def _cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                groups.append(sorted(group))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return groups


@pytest.mark.parametrize(
    ("graph", "cycles"),
    [
        pytest.param({"a": {"b"}, "b": set()}, [], id="a chain"),
        pytest.param({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}, [], id="two ways to one module"),
        pytest.param({"a": {"b"}, "b": {"a"}}, [["a", "b"]], id="two that import each other"),
        pytest.param({"a": {"b"}, "b": {"c"}, "c": {"b"}}, [["b", "c"]], id="a cycle behind a module"),
    ],
)
def test_cycles_are_found(graph: dict[str, set[str]], cycles: list[list[str]]) -> None:
    assert _cycles(graph) == cycles


def test_no_modules_import_each_other() -> None:
    by_name = {_name_of(path): tree for path, tree in modules().items()}
    assert _cycles({name: _imported(tree, set(by_name)) for name, tree in by_name.items()}) == []


def test_every_path_that_the_architecture_page_names_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|web|tests|docs)/[\w./-]+)`", page))
    assert len(named) > 40
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_room_is_on_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.glob("*/__init__.py")]
    assert [room for room in rooms if f"`{room}/`" not in page] == []
