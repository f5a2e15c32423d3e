"""What commands share: settings, accounts and database, made when a command first asks for them."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path

import typer

from emagsync.accounts.errors import NoAccounts
from emagsync.accounts.settings import ConfiguredAccounts, credentials_in, read_accounts
from emagsync.accounts.stored import read_stored
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.errors import SettingsError
from emagsync.core.proxies import proxies_of
from emagsync.core.secrets import secrets_of
from emagsync.core.settings import (
    Settings,
    is_readable_by_others,
    is_within_reach_of_others,
    load_settings,
    misspelt,
    read_variables,
)
from emagsync.core.threads import run_apart
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.entrypoints.cli.errors import record_crashes_with, warn
from emagsync.entrypoints.cli.options import GlobalOptions
from emagsync.entrypoints.services.foundation import Foundation, open_foundation
from emagsync.telemetry.crashes import record_crash
from emagsync.telemetry.redaction import redactor
from emagsync.vault.vault import Vault

DEFAULT_ENV_FILE = Path(".env")


class Session:
    """One command's settings, accounts and database. Everything raises SettingsError, with one line that names what to
    change."""

    def __init__(self, options: GlobalOptions) -> None:
        self._options = options
        self._env_file = options.env_file or DEFAULT_ENV_FILE

    @property
    def env_file(self) -> Path:
        """The file that is read for what the environment does not say; it need not exist."""
        return self._env_file

    @property
    def data_dir(self) -> Path | None:
        """What `--data-dir` says."""
        return self._options.data_dir

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment over the `.env` file. From here on its passwords are hidden in whatever is printed."""
        variables = read_variables(self._env_file)
        redactor.add_credentials(credentials_in(variables))
        if is_readable_by_others(self._env_file):
            warn(
                f"{self._env_file} can be read by every user of this machine, with the passwords in it: "
                f"chmod 600 {self._env_file}"
            )
        for name, meant in misspelt(variables).items():
            warn(f"{name} is not a setting and is ignored; did you mean {meant}?")
        return variables

    @cached_property
    def settings(self) -> Settings:
        """`EMAGSYNC_*`. From then on log events go to standard error, as these say: standard output is the command's
        answer, which a program may read."""
        _ = self.variables
        settings = load_settings(self._env_file, data_dir=self._options.data_dir)
        redactor.add_credentials(secrets_of(settings).items())
        redactor.add_credentials((proxy.user or "", proxy.password) for proxy in proxies_of(os.environ))
        _log_to_standard_error(settings)
        record_crashes_with(lambda error: record_crash(settings.data_dir, error, redactor, at=SystemClock().now()))
        return settings

    @cached_property
    def environment(self) -> ConfiguredAccounts:
        """The accounts of `EMAG_<NAME>_*`."""
        return read_accounts(self.variables)

    @cached_property
    def accounts(self) -> ConfiguredAccounts:
        """The accounts of the environment, and those that people added, as they are now. Raises DatabaseError."""
        path = self.settings.sqlite_path
        if path is not None and not path.is_file():
            return self.environment
        return run_apart(self._with_stored())

    def know_accounts_without_database(self) -> None:
        """Where the database cannot be read, say so, and go on with the accounts of the environment alone."""
        try:
            _ = self.accounts
        except DatabaseError as error:
            warn(f"The accounts in the database could not be read: {error}")
            self.accounts = self.environment

    async def _with_stored(self) -> ConfiguredAccounts:
        async with Database(self.settings.effective_database_url) as database:
            return await read_stored(database, self.environment, Vault(self.settings))

    @property
    def looked(self) -> str:
        """Where accounts were looked for, for a message that none were found."""
        file = self._env_file.absolute()
        there = "" if file.is_file() else " (there is no such file)"
        path = self.settings.sqlite_path
        database = path if path is not None else "the database of EMAGSYNC_DATABASE_URL"
        return f"Looked in the environment, in {file}{there}, and in {database}."

    def chosen_accounts(self, names: list[str] | None) -> tuple[str, ...]:
        """The accounts that the arguments name, each once; none or `all` means every configured one."""
        if names and "all" not in (name.lower() for name in names):
            return tuple(dict.fromkeys(name.lower() for name in names))
        if not self.accounts.names:
            raise NoAccounts(self.looked)
        return self.accounts.names

    def prepare_data_dir(self) -> Path:
        """The data directory, made (for its owner only) when it is missing."""
        path = self.settings.data_dir
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise _unusable(path, "it is not writable")
        return path

    @asynccontextmanager
    async def foundation(self, *, upgraded: bool = True, clock: Clock | None = None) -> AsyncIterator[Foundation]:
        """Settings, open database and clock, which services are built from; the database has this version's schema
        unless `upgraded` is False. `clock`: None for the machine's."""
        self.prepare_data_dir()
        async with open_foundation(self.settings, clock=clock, upgraded=upgraded) as base:
            file = base.database.sqlite_path
            if file is not None and is_within_reach_of_others(file):
                warn(f"{file} can be read by every user of this machine, with all offers in it: chmod 600 {file}*")
            yield base

    @asynccontextmanager
    async def database(self, *, upgraded: bool = True) -> AsyncIterator[Database]:
        """The database alone, as in `foundation`."""
        async with self.foundation(upgraded=upgraded) as base:
            yield base.database


def _log_to_standard_error(settings: Settings) -> None:
    """Where a module of the command has imported structlog: the others log nothing by it, and do not wait for it."""
    if "structlog" not in sys.modules:
        return
    from emagsync.telemetry.logs import configure_logs  # imports structlog, which most commands do without

    configure_logs(settings.log_format, settings.log_level, redactor, settings.log_libraries)


def session_of(context: typer.Context) -> Session:
    """A session with the options that stand before the command's name."""
    options = context.find_root().obj
    assert isinstance(options, GlobalOptions)  # noqa: S101 - set by the application's callback before any command
    return Session(options)


def _unusable(path: Path, reason: str) -> SettingsError:
    return SettingsError(f"The data directory {path} cannot be used: {reason}. Set EMAGSYNC_DATA_DIR to another.")
