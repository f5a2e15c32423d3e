"""Sources: adding, changing and removing them, looking at their files, and what became of their readings."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts.settings import AccountLookup
from emagsync.core.clock import Clock
from emagsync.core.errors import ConfigurationError, SettingsError
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.edits.errors import FileUnreadable
from emagsync.sources import reading_repository, repository
from emagsync.sources.checks import check_columns, check_login, check_place, same_server
from emagsync.sources.errors import SourceNameTaken, SourceNotFound, SourceRefused
from emagsync.sources.fetching.fetched import Fetched, Known, Place, Secrets
from emagsync.sources.fetching.fetcher import Fetcher
from emagsync.sources.model import SourceRow, reading_options
from emagsync.sources.reading.options import KeyField, ReadingOptions
from emagsync.sources.reading.reader import SourceFileReader
from emagsync.sources.schemas import (
    FormatSettings,
    Look,
    LookRequest,
    Reading,
    ReadingRow,
    RowKind,
    Source,
    SourceChange,
    SourceKind,
    SourceRequest,
)
from emagsync.sources.secrets import sealed, secrets_of, unsealed
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

_SETTINGS: Final = (
    "name", "account", "key", "mode", "missing_means", "most_shrink_percent", "interval_minutes", "enabled",
)  # fmt: skip
# A change of these makes another table of the same file: it is taken in anew.
_OF_THE_READING: Final = frozenset({"address", "account", "format", "columns", "key", "mode", "missing_means"})
_NOTHING_TAKEN_IN: Final[Mapping[str, Any]] = {"digest": None, "etag": None, "last_modified": None}
# What null stands for in a change: the value of a new source of which nothing else is said.
_DEFAULTS: Final = {
    name: field.get_default(call_default_factory=True)
    for name, field in SourceRequest.model_fields.items()
    if not field.is_required()
}
_NEEDED: Final = frozenset(SourceRequest.model_fields) - frozenset(_DEFAULTS)


class SourceService:
    """Manages sources. One per process."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        fetcher: Fetcher,
        reader: SourceFileReader,
        accounts: AccountLookup,
        clock: Clock,
    ) -> None:
        self._database = database
        self._vault = vault
        self._fetcher = fetcher
        self._reader = reader
        self._accounts = accounts
        self._clock = clock

    @property
    def has_folder(self) -> bool:
        """Whether the operator allows a folder for sources."""
        return self._fetcher.folder is not None

    async def add(self, asked: SourceRequest) -> Source:
        """Add a source. Raises SourceRefused, AddressRefused and SourceNameTaken."""
        now = self._clock.now()
        secrets = secrets_of(asked.login)
        username = None if asked.login is None else asked.login.username
        values = {
            **asked.model_dump(mode="json", include=set(_SETTINGS)),
            "id": str(uuid.uuid4()),
            "kind": asked.kind,
            "username": username,
            "host_key": asked.host_key,
            "secrets": sealed(self._vault, secrets),
            "created_at": now,
            "updated_at": now,
            **self._checked(asked, username, secrets),
        }
        values["next_at"] = now if asked.interval_minutes is not None and asked.enabled else None
        await self._write(values["id"], values, is_new=True)
        return await self.get(values["id"])

    async def change(self, source_id: str, asked: SourceChange) -> Source:
        """Change a source. Raises SourceNotFound, SourceRefused, AddressRefused and SourceNameTaken.

        A login stays only with its server: nobody gets it sent to one of their own.
        """
        async with self._database.snapshot() as connection:
            before = await repository.get(connection, source_id)
        given = asked.model_dump(exclude_unset=True, exclude={"login"}, mode="json")
        if missing := sorted(name for name in _NEEDED & set(given) if given[name] is None):
            raise SourceRefused("needed", field=missing[0])
        given = {name: _DEFAULTS[name] if value is None else value for name, value in given.items()}
        merged = SourceRequest.model_validate(_settings_of(before) | given)
        username, secrets, host_key = self._login_after(before, asked, merged)
        values = {
            **merged.model_dump(mode="json", include=set(_SETTINGS)),
            "username": username,
            "host_key": host_key,
            "secrets": sealed(self._vault, secrets),
            "updated_at": self._clock.now(),
            **self._checked(merged.model_copy(update={"host_key": host_key}), username, secrets),
        }
        if _OF_THE_READING & set(given):
            values |= _NOTHING_TAKEN_IN
        if {"interval_minutes", "enabled"} & set(given):
            values["next_at"] = self._clock.now() if merged.interval_minutes is not None and merged.enabled else None
        await self._write(source_id, values)
        return await self.get(source_id)

    async def remove(self, source_id: str) -> None:
        """Delete it, with its readings; the edits that these made stay. Raises SourceNotFound."""
        async with self._database.transaction() as connection:
            await repository.remove(connection, source_id)

    async def get(self, source_id: str) -> Source:
        """The source with this id. Raises SourceNotFound."""
        async with self._database.snapshot() as connection:
            row = await repository.get(connection, source_id)
            readings = await reading_repository.list_readings(connection, source_id, limit=1)
        return self._source(row, readings[0] if readings else None)

    async def find(self, name: str) -> Source:
        """By id or, in any case, by name. Raises SourceNotFound."""
        for source in await self.list_sources():
            if source.id == name or source.name.casefold() == name.casefold():
                return source
        raise SourceNotFound(name)

    async def list_sources(self) -> list[Source]:
        """Every source by name."""
        async with self._database.snapshot() as connection:
            rows = await repository.list_sources(connection)
            last = await reading_repository.latest(connection)
        return [self._source(row, last.get(row.id)) for row in rows]

    async def look(self, asked: LookRequest) -> Look:
        """Fetch a file and say what it is. Raises FetchFailed, SourceRefused, AddressRefused, and SourceNotFound."""
        kind = SourceKind(asked.kind)
        address = self._judged(kind, asked.address)
        secrets, username, host_key = secrets_of(asked.login), None, asked.host_key
        if asked.login is not None:
            username = asked.login.username
        elif asked.source_id is not None:
            async with self._database.snapshot() as connection:
                stored = await repository.get(connection, asked.source_id)
            if stored.kind is kind and same_server(kind, stored.address, address):
                secrets, username = unsealed(self._vault, stored.secrets), stored.username
                host_key = host_key or stored.host_key
        check_login(kind, username, secrets, host_key)
        fetched = await self._fetcher.fetch(kind, Place(address or "", username, secrets, host_key), Known())
        assert fetched is not None  # noqa: S101 - without anything known there is no answer that it is the same
        return await self._look(fetched, reading_options(asked.format, asked.columns, asked.key, only_look=True))

    async def look_at(
        self, content: bytes, settings: FormatSettings, columns: Mapping[str, str] | None, key: KeyField | None
    ) -> Look:
        """Say what a file that was sent here is."""
        return await self._look(Fetched(content), reading_options(settings, columns, key, only_look=True))

    async def readings(self, source_id: str | None, *, limit: int, before: int | None = None) -> list[Reading]:
        """Readings of a source, or of all, newest first. Raises SourceNotFound."""
        async with self._database.snapshot() as connection:
            if source_id is not None:
                await repository.get(connection, source_id)
            return await reading_repository.list_readings(connection, source_id, limit=limit, before=before)

    async def reading(self, source_id: str, reading_id: int) -> Reading:
        """One reading. Raises ReadingNotFound."""
        async with self._database.snapshot() as connection:
            return await reading_repository.get(connection, source_id, reading_id)

    async def rows(
        self, source_id: str, reading_id: int, *, kind: RowKind | None, limit: int, after: int
    ) -> list[ReadingRow]:
        """Kept rows of a reading beyond the position `after`. Raises ReadingNotFound."""
        async with self._database.snapshot() as connection:
            await reading_repository.get(connection, source_id, reading_id)
            return await reading_repository.list_rows(connection, reading_id, kind=kind, limit=limit, after=after)

    def _judged(self, kind: SourceKind, address: str | None) -> str | None:
        return check_place(
            kind, address, allow_private=self._fetcher.allow_private, folder_allowed=self._fetcher.folder is not None
        )

    def _checked(self, asked: SourceRequest, username: str | None, secrets: Secrets) -> dict[str, Any]:
        """The columns that are stored in another form than they are given in, checked with all others."""
        address = self._judged(asked.kind, asked.address)
        check_login(asked.kind, username, secrets, asked.host_key)
        check_columns(asked.columns, asked.key)
        if asked.kind is SourceKind.UPLOAD and asked.interval_minutes is not None:
            raise SourceRefused("upload_has_no_schedule", field="interval_minutes")
        try:
            self._accounts.get(asked.account)
        except SettingsError as error:
            raise SourceRefused("account", field="account", account=asked.account) from error
        columns = None if asked.columns is None else orjson.dumps(asked.columns).decode()
        return {"address": address, "format": asked.format.model_dump_json(), "columns": columns}

    def _login_after(
        self, before: SourceRow, asked: SourceChange, merged: SourceRequest
    ) -> tuple[str | None, Secrets, str | None]:
        """User name, secrets and host key after a change."""
        is_same = same_server(before.kind, before.address, self._judged(merged.kind, merged.address))
        host_key = asked.host_key if "host_key" in asked.model_fields_set else before.host_key if is_same else None
        if "login" in asked.model_fields_set:
            return (None if asked.login is None else asked.login.username), secrets_of(asked.login), host_key
        if not is_same:
            return None, Secrets(), host_key
        return before.username, unsealed(self._vault, before.secrets), host_key

    async def _write(self, source_id: str, values: Mapping[str, Any], *, is_new: bool = False) -> None:
        try:
            async with self._database.transaction() as connection:
                await _store(connection, source_id, values, is_new=is_new)
        except ConstraintViolated as error:
            raise SourceNameTaken(values["name"]) from error

    async def _look(self, fetched: Fetched, options: ReadingOptions) -> Look:
        size = len(fetched.content)
        try:
            answer = await self._reader.read(fetched.content, options)
        except FileUnreadable as error:
            return _looked(size, fetched.host_key, error)
        refused = answer.refusal
        why = None if refused is None else FileUnreadable(refused.reason, **refused.values)
        found = answer.look
        if found is None:
            return _looked(size, fetched.host_key, why)
        shown = {name: getattr(found, name) for name in ("format", "encoding", "separator", "row_path", "sheet", "key")}
        lists = {"headings": found.headings, "columns": found.columns, "rows": found.rows}
        return _looked(size, fetched.host_key, why, **shown, **lists)

    def _source(self, row: SourceRow, last: Reading | None) -> Source:
        try:
            secrets = unsealed(self._vault, row.secrets)
        except (SealBroken, ConfigurationError):
            # `doctor` names it, and its readings say so.
            secrets = Secrets()
        shown = row._asdict() | {
            "has_password": secrets.password is not None,
            "has_private_key": secrets.private_key is not None,
            "header_names": sorted(secrets.headers),
            "is_being_read": row.reading_until is not None and row.reading_until > self._clock.now(),
            "last_reading": last,
        }
        return Source.model_validate({name: shown[name] for name in Source.model_fields})


async def _store(connection: AsyncConnection, source_id: str, values: Mapping[str, Any], *, is_new: bool) -> None:
    if is_new:
        await repository.add(connection, values)
    else:
        await repository.change(connection, source_id, values)


def _settings_of(row: SourceRow) -> dict[str, Any]:
    """The settings of a source as they could be asked for, without its login."""
    names: Collection[str] = set(SourceRequest.model_fields) - {"login"}
    return {name: value for name, value in row._asdict().items() if name in names}


def _looked(size: int, host_key: str | None, error: FileUnreadable | None, **found: Any) -> Look:
    nothing: dict[str, Any] = dict.fromkeys(("format", "encoding", "separator", "row_path", "sheet", "key"))
    empty: dict[str, Sequence[Any] | Mapping[str, Any]] = {"headings": [], "columns": {}, "rows": []}
    why = {
        "reason": None if error is None else error.reason,
        "values": {} if error is None else error.values,
        "message": None if error is None else str(error),
    }
    return Look.model_validate({**nothing, **empty, **found, "bytes": size, "host_key": host_key, **why})
