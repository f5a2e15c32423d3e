"""What commands share: settings, accounts and database, made when a command first asks for them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from emagsync.core.errors import SettingsError
from emagsync.entrypoints.cli.errors import complain, log_crashes_to, redactor

if TYPE_CHECKING:
    from emagsync.accounts.registry import AccountRegistry
    from emagsync.accounts.settings import ConfiguredAccounts
    from emagsync.call_log.recorder import CallRecorder
    from emagsync.core.settings import Settings
    from emagsync.db.engine import Database

DEFAULT_ENV_FILE = Path(".env")


class Session:
    """One command's view of the machine. Everything raises SettingsError with one line that names what to change."""

    def __init__(self, *, data_dir: Path | None = None, env_file: Path | None = None) -> None:
        if env_file is not None and not env_file.is_file():
            raise SettingsError(f"--env-file {env_file} does not exist.")
        self._data_dir = data_dir
        self._env_file = env_file or DEFAULT_ENV_FILE

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment over the `.env` file. From here on its passwords are hidden in whatever is printed."""
        from emagsync.core.settings import misspelt, read_variables

        variables = read_variables(self._env_file)
        redactor.add_credentials(
            (variables.get(name.removesuffix("PASSWORD") + "USERNAME", ""), value.strip())
            for name, value in variables.items()
            if name.startswith("EMAG_") and name.endswith("_PASSWORD") and value.strip()
        )
        for name, meant in misspelt(variables).items():
            complain(f"{name} is not a setting and is ignored; did you mean {meant}?")
        return variables

    @cached_property
    def settings(self) -> Settings:
        """`EMAGSYNC_*`."""
        from emagsync.core.secrets import secrets_of
        from emagsync.core.settings import load_settings

        _ = self.variables
        settings = load_settings(self._env_file, data_dir=self._data_dir)
        redactor.add_credentials(secrets_of(settings).items())
        log_crashes_to(settings.data_dir)
        return settings

    @cached_property
    def accounts(self) -> ConfiguredAccounts:
        """`EMAG_<NAME>_*`."""
        from emagsync.accounts.settings import read_accounts

        return read_accounts(self.variables)

    @cached_property
    def registry(self) -> AccountRegistry:
        """The accounts with their clients."""
        from emagsync.accounts.registry import AccountRegistry

        return AccountRegistry(self.accounts, self.settings, on_call=self.recorder.observe)

    @cached_property
    def recorder(self) -> CallRecorder:
        """Hears of the registry's calls; they are written while a database is open."""
        from emagsync.call_log.recorder import CallRecorder

        return CallRecorder(self.settings.calls)

    def chosen_accounts(self, names: list[str] | None) -> tuple[str, ...]:
        """The accounts that the arguments name, each once; none or `all` means every configured one."""
        if names and "all" not in (name.lower() for name in names):
            return tuple(dict.fromkeys(name.lower() for name in names))
        if not self.accounts.names:
            raise SettingsError(
                "No account is configured: set EMAG_MAIN_USERNAME and EMAG_MAIN_PASSWORD in the environment or in .env."
            )
        return self.accounts.names

    def start_logs(self) -> None:
        """Send log events to standard error, as the settings say."""
        from emagsync.telemetry.logs import configure_logs

        configure_logs(self.settings.log_format, self.settings.log_level, redactor)

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
    async def database(self, *, upgraded: bool = True) -> AsyncIterator[Database]:
        """The database, brought to this version's schema."""
        from emagsync.db.engine import Database
        from emagsync.db.migrate import upgrade
        from emagsync.offers.search import catch_up

        self.prepare_data_dir()
        async with Database(self.settings.effective_database_url) as database:
            if upgraded:
                await upgrade(database)
                await catch_up(database)
            yield database


def session_of(context: typer.Context) -> Session:
    """The session that the options before the command's name made."""
    session = context.find_root().obj
    assert isinstance(session, Session)  # noqa: S101 - set by the application's callback before any command
    return session


def _unusable(path: Path, reason: str) -> SettingsError:
    return SettingsError(f"The data directory {path} cannot be used: {reason}. Set EMAGSYNC_DATA_DIR to another.")
