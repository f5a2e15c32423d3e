"""All settings: the groups, and what belongs to none of them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from emagsync.core.root_path import usable_root_path
from emagsync.core.settings.accounts import AddedAccountSettings
from emagsync.core.settings.edits import EditsSettings, SourceSettings
from emagsync.core.settings.marketplace import HttpSettings, LimitSettings, RetrySettings
from emagsync.core.settings.runs import ScheduleSettings, SyncSettings, WorkerSettings
from emagsync.core.settings.server import ServerSettings, WebhookSettings
from emagsync.core.settings.telemetry import CallSettings, MetricsSettings, TracingSettings
from emagsync.core.settings.values import PREFIX, Listed, ListedSecrets, expanded

# Libraries whose loggers write out what the database is told and answers.
_TELL_VALUES: Final = frozenset({"aiosqlite", "asyncpg", "sqlalchemy"})


class Settings(BaseSettings):
    """Everything the environment decides, validated. Secrets print as `**********`.

    An empty variable counts as not set, as Compose files and CI systems mean it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(default_factory=lambda: default_data_dir(os.environ), validate_default=True)
    record_dir: Path | None = None
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    executor: Literal["inline", "celery"] = Field(default="inline", validate_default=True)
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_libraries: Listed = ()
    accounts: AddedAccountSettings = AddedAccountSettings()
    retry: RetrySettings = RetrySettings()
    http: HttpSettings = HttpSettings()
    sync: SyncSettings = SyncSettings()
    limit: LimitSettings = LimitSettings()
    server: ServerSettings = ServerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    webhooks: WebhookSettings = WebhookSettings()
    edits: EditsSettings = EditsSettings()
    sources: SourceSettings = SourceSettings()
    calls: CallSettings = CallSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()
    worker: WorkerSettings = WorkerSettings()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    allowed_hosts: Listed = ()
    cors_origins: Listed = ()
    trusted_proxies: Listed = ()
    root_path: str = ""
    admin_password: SecretStr | None = None
    secret_key: SecretStr | None = Field(default=None, min_length=32)
    old_secret_keys: ListedSecrets = ()

    @field_validator("log_libraries")
    @classmethod
    def _say_no_secrets(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value.partition(".")[0] in _TELL_VALUES:
                raise ValueError(f"{value} would log the values of every statement, secrets and offers among them")
        return values

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _names_a_redis(value.get_secret_value()):
            raise ValueError(
                "an address such as redis://:password@host:6379/0, rediss://host/0 or unix:///path is needed"
            )
        return value

    @field_validator("executor")
    @classmethod
    def _has_a_broker(cls, value: str, given: ValidationInfo) -> str:
        # A bad EMAGSYNC_REDIS_URL is not among them, and has its own line.
        if value == "celery" and given.data.get("redis_url", ...) is None:
            raise ValueError("celery needs EMAGSYNC_REDIS_URL, such as redis://127.0.0.1:6379/0")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", value):
                raise ValueError(f"{value!r} is not an origin such as https://erp.example.com (no path, no *)")
        return tuple(value.lower() for value in values)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            try:
                ip_network(value, strict=False)
            except ValueError as error:
                # In particular `*`, with which anybody could claim to come from anywhere.
                raise ValueError(f"{value!r} is not an address or network such as 10.0.0.2 or 10.0.0.0/24") from error
        return values

    @field_validator("root_path")
    @classmethod
    def _path_of_proxy(cls, value: str) -> str:
        path = usable_root_path(value)
        if path is None:
            raise ValueError(f"{value!r} is not a path such as /emag, or begins with one of the server's own")
        return path

    @field_validator("record_dir")
    @classmethod
    def _absolute_if_any(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(expanded(value)))  # noqa: PTH100 - as for data_dir

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if "?" in str(value) or "\0" in str(value):
            raise ValueError("a folder whose name has no '?' is needed")  # it would end the path in SQLite's address
        return Path(os.path.abspath(expanded(value)))  # noqa: PTH100 - resolve() would also follow links

    @property
    def effective_database_url(self) -> str:
        """The SQLAlchemy URL in use: `EMAGSYNC_DATABASE_URL`, else SQLite in the data directory. Holds a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self._own_file}"

    @property
    def sqlite_path(self) -> Path | None:
        """The database's file in the data directory; None where `EMAGSYNC_DATABASE_URL` names a database."""
        return self._own_file if self.database_url is None else None

    @property
    def _own_file(self) -> Path:
        return self.data_dir / "emagsync.sqlite3"


def _names_a_redis(address: str) -> bool:
    try:
        parts = urlsplit(address)
        database = parts.path.strip("/")
        if parts.scheme == "unix":
            return bool(database)
        # Asking for the port of a strange one is an error too.
        in_range = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and in_range and (database or "0").isdecimal()


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """`$XDG_DATA_HOME/emagsync`, else `~/.local/share/emagsync`."""
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path("~/.local/share")) / "emagsync"
