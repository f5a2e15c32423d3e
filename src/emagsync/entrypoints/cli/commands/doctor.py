"""`emagsync doctor`: everything that has to fit, in one look."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

import aiohttp
import typer
from pydantic import BaseModel, SecretStr

from emagsync import __version__
from emagsync.accounts.registry import http_options
from emagsync.accounts.settings import ConfiguredAccounts, base_url_of
from emagsync.core.errors import EmagsyncError
from emagsync.core.proxies import proxies_of
from emagsync.core.redis import AWAY, address_of, check_settings, open_redis, reason_of
from emagsync.core.settings import Settings
from emagsync.db.checks import Finding
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.findings import all_work, database_findings, finding_lines
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.text import printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.vault.vault import Vault

_LIBRARIES: Final = ("aiohttp", "cryptography", "fastapi", "sqlalchemy")
_LITTLE_SPACE: Final = 1 << 30  # bytes: a copy of 250,000 offers with its history needs about as much
_SLOW_CLOCK_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 5.0


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Look at everything that has to fit, and say what does not.

    Settings and where each comes from, accounts, proxy, database, key, Redis, clock, disk and versions. It changes
    nothing and sends no password: `emagsync check` asks eMAG. The exit code is 1 when something keeps emagsync from
    working.
    """
    session = session_of(context)
    settings = list(_settings(session))
    findings = asyncio.run(_look(session))
    works = all_work(findings)
    if as_json:
        print_json({"works": works, "settings": settings, "findings": [one._asdict() for one in findings]})
    else:
        typer.echo("Settings that are set (all others have their defaults, see docs/settings.md)")
        for one in settings:
            typer.echo(printable(f"  {one['name']} = {one['value']}   from {one['source']}"))
        typer.echo("Findings")
        typer.echo("\n".join(map(printable, finding_lines(findings))))
    if not works:
        raise typer.Exit(ExitCode.FAILED)


def _settings(session: Session) -> Iterator[dict[str, str]]:
    """What is set, by name: its value, secrets hidden, and where it was found."""
    shown = dict(_values(session.settings, "EMAGSYNC_"))
    given = session.variables.items()
    ours = {name for name, value in given if name.startswith(("EMAGSYNC_", "EMAG_")) and value.strip()}
    by_option = {"EMAGSYNC_DATA_DIR"} if session.data_dir is not None else set()
    for name in sorted(ours | by_option):
        source = "the environment" if name in os.environ else str(session.env_file.absolute())
        value = shown.get(name) or _shown(name, session.variables[name])
        yield {"name": name, "value": value, "source": "--data-dir" if name in by_option else source}


def _values(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for field in type(model).model_fields:
        value = getattr(model, field)
        name = f"{prefix}{field.upper()}"
        if isinstance(value, BaseModel):
            yield from _values(value, f"{name}__")
        else:
            yield name, "(hidden)" if isinstance(value, SecretStr) else str(value)


def _shown(name: str, value: str) -> str:
    """An account's variable; nothing but its user's name and what is chosen from a list is shown."""
    return value if name.endswith(("_USERNAME", "_PLATFORM", "_BASE_URL", "_PUSH", "_ENABLED")) else "(hidden)"


async def _look(session: Session) -> list[Finding]:
    return [finding async for finding in _findings(session)]


async def _findings(session: Session) -> AsyncIterator[Finding]:
    settings = session.settings
    yield Finding("versions", True, _versions(), is_fatal=False)
    yield _disk(settings)
    for part in (_database, _accounts, _proxies, _redis, _clock):
        async for finding in part(session):
            yield finding


def _versions() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"emagsync {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}, "
        f"{platform.system()} {platform.machine()}"
    )


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):,.1f} GiB free for {settings.data_dir}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("disk", False, f"{folder} is not writable: choose another by EMAGSYNC_DATA_DIR")
    return Finding("disk", free >= _LITTLE_SPACE, said, is_fatal=False)


async def _database(session: Session) -> AsyncIterator[Finding]:
    path = session.settings.sqlite_path
    if path is not None and not path.is_file():
        yield Finding("database", False, f"{path} does not exist yet: the first sync makes it", is_fatal=False)
        return
    try:
        async with session.database(upgraded=False) as database:
            yield Finding("database", True, database.description)
            for finding in await database_findings(database, Vault(session.settings)):
                yield finding
    except EmagsyncError as error:
        yield Finding("database", False, str(error))


async def _accounts(session: Session) -> AsyncIterator[Finding]:
    accounts = await _known_accounts(session)
    for name in accounts.all_names:
        problem = accounts.problems.get(name)
        if problem is not None:
            yield Finding(f"account {name}", False, problem, is_fatal=False)
        elif name in accounts.off:
            yield Finding(f"account {name}", True, "switched off", is_fatal=False)
        else:
            account = accounts.get(name)
            yield Finding(f"account {name}", True, f"{account.username} at {base_url_of(account)}", is_fatal=False)
    if not accounts.all_names:
        yield Finding("accounts", False, f"there are none. {session.looked}", is_fatal=False)


async def _proxies(session: Session) -> AsyncIterator[Finding]:
    try:
        found = [str(proxy) for proxy in proxies_of(os.environ)]
    except EmagsyncError as error:
        yield Finding("proxy", False, str(error))
        return
    if session.settings.http.proxy is not None:
        found.append("EMAGSYNC_HTTP__PROXY")
    yield Finding("proxy", True, ", ".join(found) or "none: eMAG is asked directly", is_fatal=False)


async def _redis(session: Session) -> AsyncIterator[Finding]:
    if session.settings.redis_url is None:
        yield Finding("redis", True, "not used: EMAGSYNC_REDIS_URL is not set", is_fatal=False)
        return
    url = session.settings.redis_url.get_secret_value()
    redis = open_redis(url)
    try:
        await check_settings(url)
        await redis.execute_command("ECHO", "emagsync")
    except EmagsyncError as error:
        yield Finding("redis", False, str(error))
    except AWAY as error:
        yield Finding("redis", False, f"{address_of(url)} does not answer: {reason_of(error)}")
    else:
        yield Finding("redis", True, address_of(url))
    finally:
        with suppress(*AWAY):
            await redis.aclose()


async def _clock(session: Session) -> AsyncIterator[Finding]:
    """This machine's clock beside that of the first account's marketplace, asked the way that all requests take."""
    accounts = await _known_accounts(session)
    if not accounts.names:
        yield Finding("clock", True, f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z}, not compared", is_fatal=False)
        return
    address = base_url_of(accounts.get(accounts.names[0]))
    try:
        difference = (await _time_at(address, session.settings) - datetime.now(UTC)).total_seconds()
    except (EmagsyncError, aiohttp.ClientError, TimeoutError, KeyError, ValueError, OSError) as error:
        reason = str(error) or type(error).__name__
        yield Finding("clock", False, f"{address} did not say its time: {reason}", is_fatal=False)
        return
    fits = abs(difference) < _SLOW_CLOCK_SECONDS
    said = "as the marketplace's" if fits else f"{difference:+,.0f} s away from the marketplace's: set it by NTP"
    yield Finding("clock", fits, said, is_fatal=False)


async def _known_accounts(session: Session) -> ConfiguredAccounts:
    """All accounts; those of the environment where the database cannot be read, of which its own finding tells."""
    try:
        return await asyncio.to_thread(lambda: session.accounts)
    except EmagsyncError:
        return session.environment


async def _time_at(address: str, settings: Settings) -> datetime:
    options = http_options(settings.http)
    proxy = options.proxy_to(address)
    headers = {"Proxy-Authorization": proxy.authorization} if proxy and proxy.authorization else {}
    encrypted = address.lower().startswith("https:")
    trusted = ssl.create_default_context()
    if options.ca_bundle is not None:
        trusted.load_verify_locations(options.ca_bundle)
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS)) as http,
        http.head(
            address,
            allow_redirects=False,
            ssl=trusted,
            proxy=proxy.address if proxy else None,
            proxy_headers=headers if encrypted else None,
            headers=None if encrypted else headers,
        ) as got,
    ):
        return parsedate_to_datetime(got.headers["Date"]).astimezone(UTC)
