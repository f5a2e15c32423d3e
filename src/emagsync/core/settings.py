"""Settings from the environment or a `.env` file: ours (`EMAGSYNC_*`) and the accounts (`EMAG_<NAME>_*`).

Accounts are written as sellers' scripts already write them: `EMAG_MAIN_USERNAME`, `EMAG_MAIN_PASSWORD`, and
`EMAG_MAIN_BASE_URL` or `EMAG_MAIN_PLATFORM`; any `EMAG_<NAME>_USERNAME` makes an account `<name>` in lower case.
"""

from __future__ import annotations

import io
import os
import re
import ssl
import stat
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import pydantic_settings
from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from emagsync.core.edit_rules import parse_owners, parse_strategies
from emagsync.core.errors import SettingsError
from emagsync.core.proxies import parse_proxy
from emagsync.core.root_path import usable_root_path

_PREFIX = "EMAGSYNC_"

# No run may be given longer.
LONGEST_RUN_SECONDS: Final = 86_400

NOT_TEXT: Final = "holds bytes that are not UTF-8: save the file that it is in as UTF-8"

# Libraries whose loggers write out what the database is told and answers.
_TELL_VALUES: Final = frozenset({"aiosqlite", "asyncpg", "sqlalchemy"})

Seconds = Annotated[float, Field(gt=0, le=86_400)]
# Whether local edits are sent to eMAG: never, at once, or when a person has released them.
PushMode = Literal["off", "on", "approve"]


class AccountSettings(BaseModel):
    """One eMAG API user, as configured. `base_url` wins over `platform`; neither means `emag-ro`.

    `push` wins over `EMAGSYNC_EDITS__PUSH`.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    username: str
    password: SecretStr
    base_url: str | None = None
    platform: str | None = None
    push: PushMode | None = None


class AddedAccountSettings(BaseModel):
    """Accounts that people add in the page (`EMAGSYNC_ACCOUNTS__OTHER_ADDRESSES`).

    `other_addresses`: one may have another address than eMAG's own, as a sandbox has. Whoever administers the page then
    chooses which servers this one calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    other_addresses: bool = False


class RetrySettings(BaseModel):
    """How a failed eMAG call is tried again (`EMAGSYNC_RETRY__ATTEMPTS` and so on)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=5, ge=1, le=20)
    min_seconds: float = Field(default=0.0, ge=0, le=86_400)
    base_seconds: Seconds = 2.0
    max_seconds: Seconds = Field(default=30.0, validate_default=True)
    max_retry_after_seconds: Seconds = 120.0

    @field_validator("max_seconds")
    @classmethod
    def _reaches_the_minimum(cls, value: float, given: ValidationInfo) -> float:
        least = given.data.get("min_seconds", 0.0)
        if value < least:
            raise ValueError(f"it must not be less than EMAGSYNC_RETRY__MIN_SECONDS, which is {least:g}")
        return value


class HttpSettings(BaseModel):
    """One HTTP exchange with eMAG: its limits and its way there (`EMAGSYNC_HTTP__READ_TIMEOUT` and so on).

    Without `proxy` the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` decide, unless `trust_env` is off.
    `ca_bundle` is a file of certificates (PEM) that are trusted besides the system's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 60.0
    max_response_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    trust_env: bool = True
    proxy: SecretStr | None = None
    ca_bundle: Path | None = None

    @field_validator("proxy", "ca_bundle", mode="before")
    @classmethod
    def _set_to_nothing(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_proxy(value.get_secret_value(), "")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        path = _expanded(value)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except OSError as error:  # an SSLError, for a file that is there, is one too
            reason = "it holds no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            raise ValueError(f"{path} cannot be used: {reason}") from error
        return path


class SyncSettings(BaseModel):
    """Defaults and bounds of a run (`EMAGSYNC_SYNC__TIMEOUT_SECONDS` and so on)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items_per_page: int = Field(default=100, ge=1, le=100)
    timeout_seconds: int = Field(default=600, ge=1, le=LONGEST_RUN_SECONDS)
    pages_in_flight: int = Field(default=8, ge=1, le=32)
    heartbeat_seconds: Seconds = 4.0
    stale_after_seconds: Seconds = 60.0
    resume_within_seconds: Seconds = 3600.0


class LimitSettings(BaseModel):
    """Requests a second to each account. Only a test marketplace may be asked without a limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True


class ServerSettings(BaseModel):
    """Limits of `emagsync serve` (`EMAGSYNC_SERVER__SESSION_HOURS` and so on).

    A browser's session ends after `idle_minutes` in which nobody did anything; 0 is never. With
    `admins_need_second_factor` an admin who logs in without one can only read until one is set up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_body_bytes: int = Field(default=1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    max_upload_bytes: int = Field(default=20 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    session_hours: int = Field(default=12, ge=1, le=720)
    idle_minutes: int = Field(default=30, ge=0, le=1440)
    admins_need_second_factor: bool = False
    shutdown_seconds: int = Field(default=10, ge=1, le=600)
    max_connections: int = Field(default=1000, ge=10, le=60_000)
    max_connections_per_address: int = Field(default=200, ge=5, le=60_000)
    max_streams: int = Field(default=500, ge=1, le=60_000)
    max_streams_per_address: int = Field(default=100, ge=1, le=60_000)


class ScheduleSettings(BaseModel):
    """What `emagsync serve` does by itself (`EMAGSYNC_SCHEDULE__INCREMENTAL_MINUTES` and so on); 0 minutes is off.

    `freshness_minutes`: how often it is looked at least whether offers are within their targets; whenever some are
    about to be too old, it is looked then. `freshness_reserve_percent` of the requests that eMAG allows are left to
    pushes and people. `sources_minutes`: how often it is looked which sources are due. `reference`: VAT rates are read
    daily and names of categories weekly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    incremental_minutes: int = Field(default=60, ge=0, le=44_640)
    full_minutes: int = Field(default=1440, ge=0, le=44_640)
    cleanup_minutes: int = Field(default=5, ge=0, le=44_640)
    prune_minutes: int = Field(default=1440, ge=0, le=44_640)
    health_minutes: int = Field(default=15, ge=0, le=44_640)
    reference: bool = True
    freshness_minutes: int = Field(default=15, ge=0, le=44_640)
    sources_minutes: int = Field(default=1, ge=0, le=44_640)
    freshness_reserve_percent: int = Field(default=30, ge=0, le=90)
    keep_days: int = Field(default=30, ge=1, le=3650)


class WorkerSettings(BaseModel):
    """How much `emagsync worker` does at once (`EMAGSYNC_WORKER__RUNS` and so on); used with
    `EMAGSYNC_EXECUTOR=celery`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: int = Field(default=50, ge=1, le=1000)
    short_tasks: int = Field(default=4, ge=1, le=100)
    sweep_seconds: Annotated[float, Field(gt=0, le=15)] = 10.0
    server_schedules: bool = False


class CallSettings(BaseModel):
    """The log of calls to eMAG (`EMAGSYNC_CALLS__KEEP_DAYS` and so on). eMAG asks for 30 days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(default=30, ge=1, le=3650)
    sample_every: int = Field(default=10, ge=1, le=10_000)
    max_rows: int = Field(default=100_000, ge=1000, le=100_000_000)


class MetricsSettings(BaseModel):
    """Who may read `/metrics` from elsewhere (`EMAGSYNC_METRICS__TOKEN`, `EMAGSYNC_METRICS__PUBLIC`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(default=None, min_length=16)
    public: bool = False


class TracingSettings(BaseModel):
    """Where spans go (`EMAGSYNC_TRACING__ENDPOINT`, OTLP over HTTP); none are made without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/\s]+(/\S*)?$")
    sample_ratio: float = Field(default=1.0, ge=0, le=1)


class EditsSettings(BaseModel):
    """Local edits and sending them to eMAG (`EMAGSYNC_EDITS__PUSH` and so on).

    The brake stops what would reprice, zero or deactivate more than `brake_percent` of an account's offers, or more
    than `brake_offers`, within `brake_minutes`. `conflict_strategy` and `owners` say who wins where both sides changed,
    for one account by `fbe=manual` and `fbe.stock=local`; a price that changes by more than `plausible_change` percent
    needs a confirmation. An offer read longer than `fresh_seconds` ago is read again before
    anything is sent for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    push: PushMode = "off"
    brake_percent: int = Field(default=20, ge=0, le=100)
    brake_offers: int = Field(default=200, ge=0, le=1_000_000)
    brake_minutes: int = Field(default=60, ge=1, le=10_080)
    fresh_seconds: float = Field(default=300.0, ge=0, le=86_400)
    readback_seconds: Seconds = 20.0
    lease_seconds: Annotated[float, Field(ge=1, le=600)] = 20.0
    look_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    conflict_strategy: str = "emag_priority"
    owners: str = ""
    plausible_change: int = Field(default=50, ge=1, le=1000)

    @field_validator("conflict_strategy")
    @classmethod
    def _strategies(cls, value: str) -> str:
        parse_strategies(value)
        return value

    @field_validator("owners")
    @classmethod
    def _owners(cls, value: str) -> str:
        parse_owners(value)
        return value


class WebhookSettings(BaseModel):
    """Webhooks (`EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE` and so on), and one that is configured here, without an API call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_private: bool = False
    url: str | None = None
    secret: SecretStr | None = Field(default=None, min_length=16)
    events: str = "completed,partial,failed,stuck"


class SourceSettings(BaseModel):
    """Sources of stock and prices: `EMAGSYNC_SOURCES__FOLDER` is the only folder that their files may be read from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = None

    @field_validator("folder", mode="before")
    @classmethod
    def _set_to_nothing(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("folder")
    @classmethod
    def _is_folder(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        path = Path(os.path.abspath(_expanded(value)))  # noqa: PTH100 - as for data_dir
        if path == Path(path.anchor):
            raise ValueError("the whole machine is no folder for sources: name one of its own")
        return path


def _split_list(value: object) -> object:
    """The values of a list as a variable has it: `a, b`."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_list)]
ListedSecrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_list)]


class Settings(BaseSettings):
    """Everything the environment decides, validated. Secrets print as `**********`.

    An empty variable counts as not set, as Compose files and CI systems mean it.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
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
        return None if value is None else Path(os.path.abspath(_expanded(value)))  # noqa: PTH100 - as for data_dir

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if "?" in str(value) or "\0" in str(value):
            raise ValueError("a folder whose name has no '?' is needed")  # it would end the path in SQLite's address
        return Path(os.path.abspath(_expanded(value)))  # noqa: PTH100 - resolve() would also follow links

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


def read_variables(env_file: Path | None = Path(".env"), environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The `.env` file's variables, overridden by the environment's.

    Values are taken as they are written: a `$` in a password is a `$`. Bytes that are not UTF-8 are kept, from the file
    as from the environment, as what `is_text` is false for: only the variable that has them cannot be used. Raises
    SettingsError when the file cannot be read.
    """
    return _file_variables(env_file) | dict(os.environ if environ is None else environ)


def _file_variables(env_file: Path | None) -> dict[str, str]:
    if env_file is None or not env_file.is_file():
        return {}
    try:
        content = env_file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{env_file} cannot be read: {error}") from error
    if b"\0" in content:
        raise SettingsError(f"{env_file} cannot be read: it is no text in UTF-8 (perhaps UTF-16); save it as UTF-8.")
    # Editors of Windows begin a file with a mark.
    text = io.StringIO(content.decode("utf-8-sig", "surrogateescape"))
    return {name: value for name, value in dotenv_values(stream=text, interpolate=False).items() if value is not None}


def is_text(value: str) -> bool:
    """Whether a variable's value was UTF-8; what was not, Python keeps as halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_readable_by_others(file: Path) -> bool:
    """Whether users who neither own a file nor belong to its group can read it. No, where there is none."""
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def is_within_reach_of_others(file: Path) -> bool:
    """Whether such users can read a file, and get to it in its folder."""
    try:
        return is_readable_by_others(file) and bool(file.parent.stat().st_mode & stat.S_IXOTH)
    except OSError:
        return False


def load_settings(env_file: Path | None = Path(".env"), *, data_dir: Path | None = None) -> Settings:
    """`EMAGSYNC_*` of the environment and `.env`; `data_dir` wins over both.

    Raises SettingsError with one line that names each odd variable.
    """
    given = {} if data_dir is None else {"data_dir": data_dir}
    try:
        # Not by its own reader of such files, which gives up at the first byte that is not UTF-8.
        source = EnvSettingsSource(Settings)
        variables = _that_are_set(_file_variables(env_file)) | _that_are_set(os.environ)
        _check_texts(variables)
        source.env_vars = variables
        return Settings(_env_file=None, **source() | given)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(detail) for detail in error.errors(include_url=False))) from None
    except (pydantic_settings.SettingsError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings cannot be read: {error}") from None


def _that_are_set(variables: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in variables.items() if value}


def _check_texts(variables: Mapping[str, str]) -> None:
    # Names of files are bytes, and may be any.
    texts = (name for name in setting_names() if not name.endswith(("_DIR", "_BUNDLE")))
    odd = [f"{name} {NOT_TEXT}" for name in texts if not is_text(variables.get(name.lower(), ""))]
    if odd:
        raise SettingsError("; ".join(odd))


def setting_names() -> tuple[str, ...]:
    """Every variable that `Settings` reads, such as `EMAGSYNC_RETRY__ATTEMPTS`."""
    names: list[str] = []
    for name, field in Settings.model_fields.items():
        inner = field.annotation if isinstance(field.annotation, type) else None
        if inner is not None and issubclass(inner, BaseModel):
            names.extend(f"{_PREFIX}{name}__{part}".upper() for part in inner.model_fields)
        else:
            names.append(f"{_PREFIX}{name}".upper())
    return tuple(names)


def misspelt(variables: Iterable[str]) -> dict[str, str]:
    """The variables that look like one of ours written wrong, with the one that was probably meant.

    Those of a group, such as `EMAGSYNC_RETRY__ATEMPTS`, are refused by `load_settings` already.
    """
    known = setting_names()
    ours = [name for name in variables if name.upper().startswith(_PREFIX) and "__" not in name]
    guesses = {name: _meant(name.upper(), known) for name in ours if name.upper() not in known}
    return {name: meant for name, meant in guesses.items() if meant is not None}


def _meant(name: str, known: Sequence[str]) -> str | None:
    close = get_close_matches(name, known, 1, 0.9)
    return close[0] if close else None


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """`$XDG_DATA_HOME/emagsync`, else `~/.local/share/emagsync`."""
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path("~/.local/share")) / "emagsync"


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("it begins with ~, but this user has no home folder: give the whole path") from error


def _explain(detail: ErrorDetails) -> str:
    variable = _PREFIX + "__".join(str(part) for part in detail["loc"]).upper()
    if detail["type"] == "extra_forbidden":
        meant = _meant(variable, setting_names())
        return f"{variable} is not a setting{f'; did you mean {meant}?' if meant else ''}"
    return f"{variable}: {detail['msg'].removeprefix('Value error, ')}"
