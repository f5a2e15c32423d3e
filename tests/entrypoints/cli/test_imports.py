"""What commands import: most of a short command's time. Processes of their own, because a forked one has everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from entrypoints.cli.command import Cli

_SCRIPT = (
    "import sys; from emagsync.entrypoints.cli import main\n"
    "code = main(sys.argv[1:])\n"
    "print(*sys.modules, file=sys.stderr)\n"
    "sys.exit(code)"
)
_UNTIL_CONNECTED = (
    "import sys; from emagsync.entrypoints.cli import main\n"
    "connected = []\n"
    "def look(event, given):\n"
    "    if event == 'socket.connect': connected.append([*sys.modules])\n"
    "sys.addaudithook(look)\n"
    "code = main(sys.argv[1:])\n"
    "print(*connected[0], file=sys.stderr)\n"
    "sys.exit(code)"
)
# What Typer is made of, and draws help with.
_TYPER = {"typer", "annotated_doc", "shellingham"}
_DRAWING = {"rich"}
_COMMANDS = "emagsync.entrypoints.cli.commands."

# What reading SQLite into a file or a pipe never needs: eMAG's client, the server, workers, PostgreSQL, migrations,
# sealed passwords where accounts are in the environment...
_NOT_FOR_READING = {
    "aiohttp",
    "alembic",
    "argon2",
    "asyncpg",
    "celery",
    "cryptography",
    "emagsync.edits.service",
    "emagsync.entrypoints.api",
    "emagsync.entrypoints.worker",
    "emagsync.identity",
    "emagsync.marketplace.client",
    "emagsync.offers.product_schemas",
    "emagsync.sandbox",
    "emagsync.sync.service",
    "fastapi",
    "openpyxl",
    "opentelemetry",
    "redis",
    "rich",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.orm",
    "structlog",
    "uvicorn",
    "xlsxwriter",
}


def _imported_by(cli: Cli, *arguments: str, script: str = _SCRIPT) -> set[str]:
    """The modules that a new interpreter has when the command has ended well, or that `script` says."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=cli.environment({"EMAG_MAIN_USERNAME": "seller", "EMAG_MAIN_PASSWORD": "a-secret"} | cli.variables),
        cwd=cli.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_a_command_does_not_read_what_every_installed_package_declares(bare: Cli) -> None:
    script = (
        "import sys; from emagsync.entrypoints.cli import main\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == 'open' else None)\n"
        "main(['status'])\n"
        "print(sum(name.endswith('entry_points.txt') for name in opened), len(opened) > 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=bare.environment(), cwd=bare.folder, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "0 True", done.stderr


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_typer_and_no_command(bare: Cli, option: str) -> None:
    imported = _imported_by(bare, option)
    packages = {name.partition(".")[0] for name in imported}
    drawn = _DRAWING if option == "--help" else set()
    assert packages - sys.stdlib_module_names - _before() == {"emagsync", *_TYPER, *drawn}
    assert "asyncio" not in packages
    assert not {name for name in imported if name.startswith(_COMMANDS)}


def test_the_help_of_a_group_imports_no_command(bare: Cli) -> None:
    assert not {name for name in _imported_by(bare, "offers", "--help") if name.startswith(_COMMANDS)}


@pytest.mark.often(first=1)
@pytest.mark.parametrize("command", ["status", "offers list"])
def test_a_reading_command_imports_its_own_module_and_nothing_that_others_need(bare: Cli, command: str) -> None:
    assert bare("db", "upgrade").code == 0
    imported = _imported_by(bare, *command.split())
    assert {name for name in imported if name.startswith(_COMMANDS)} == {_COMMANDS + command.split()[0]}
    assert not imported & _NOT_FOR_READING


def test_a_new_database_is_made_without_what_applies_steps_to_an_old_one(bare: Cli) -> None:
    assert not {"alembic", "mako"} & _imported_by(bare, "db", "upgrade")


def test_a_sync_imports_neither_a_server_nor_what_only_other_settings_need(cli: Cli) -> None:
    imported = _imported_by(cli, "sync", "fbe", "--mode", "full", "--json")
    needless = {"alembic", "asyncpg", "asyncssh", "celery", "fastapi", "openpyxl", "redis", "uvicorn", "xlsxwriter"}
    needless |= {"cryptography", "starlette", "emagsync.rest", "emagsync.sandbox", "emagsync.sources"}
    assert not (needless | {"emagsync.sync.schedule"}) & imported


# Importing these takes less time than eMAG takes to answer, and is done meanwhile.
_FOR_ANSWERS = {
    "emagsync.edits.merge_service",
    "emagsync.ingest.store",
    "emagsync.sync.brake_check",
    "emagsync.sync.run.row_store",
    "emagsync.sync.run.sink",
}


def test_a_sync_asks_before_it_imports_what_answers_need(cli: Cli) -> None:
    sync = ("sync", "fbe", "--mode", "full", "--json")
    assert not _imported_by(cli, *sync, script=_UNTIL_CONNECTED) & _FOR_ANSWERS
    assert _imported_by(cli, *sync) >= _FOR_ANSWERS


def _before() -> set[str]:
    """The packages that an interpreter has before the command: what the environment's `.pth` files import."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


# What a server imports when it is first needed: workers, Redis, assistants, SFTP.
_NOT_FOR_SERVING = {"alembic", "asyncssh", "celery", "kombu", "mcp", "openpyxl", "pyarrow", "redis", "sqlalchemy.orm"}


def test_a_server_imports_what_it_needs_later_later(cli: Cli) -> None:
    program = (
        "from emagsync.db.without_orm import import_no_orm\nimport_no_orm()\n"
        "import sys, emagsync.entrypoints.api.server\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=cli.folder)
    assert _NOT_FOR_SERVING.intersection(done.stdout.split()) == set()
