"""The command line of the sandbox."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emagsync.core.streams import prepare_standard_streams
from emagsync.sandbox.accounts import Account
from emagsync.sandbox.catalogue import Catalogue, from_csv, from_json, generated
from emagsync.sandbox.codec import decode
from emagsync.sandbox.faults import Fault, fault_from
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.replay import Replay
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import SandboxError, Settings
from emagsync.sandbox.tls import context_of

_DEFAULT_OFFERS: Final = 1000
_LARGEST_PORT: Final = 65_535
_ACCOUNT_FORM: Final = "NAME:PASSWORD, NAME:PASSWORD:OFFERS, NAME:PASSWORD:FILE.csv or NAME:PASSWORD:FILE.json"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sandbox until it is interrupted. Returns 0, or 2 after one line about what made no sense."""
    prepare_standard_streams()
    try:
        return run(argv)
    except SandboxError as error:
        sys.stderr.write(f"emagsync sandbox: {error}\n")
        return 2


def run(argv: Sequence[str] | None = None) -> int:
    """Like :func:`main`, but raises :class:`SandboxError`."""
    options = _parser().parse_args(argv)
    settings = Settings().updated(
        {
            "latency_ms": options.latency_ms,
            "jitter_ms": options.jitter_ms,
            "limit": not options.no_limit,
            "retry_after": options.retry_after,
            "allow_ip": options.allow_ip,
            **_object(options.settings, "--settings"),
        }
    )
    if options.replay is not None and options.account:
        raise SandboxError("--replay has the accounts of the recording; leave out --account.")
    marketplace = Marketplace(
        [account_from(text, options.seed + number, options.platform) for number, text in enumerate(options.account)]
        if options.account
        else None,
        replay=None if options.replay is None else Replay(options.replay, speed=options.replay_speed),
        settings=settings,
        faults=[_fault(text) for text in options.fault],
        platform=options.platform,
        seed=options.seed,
    )
    tls = context_of(options.tls_cert, options.tls_key, wanted=options.tls)
    server = SandboxServer(marketplace, host=options.host, port=options.port, tls=tls)
    asyncio.run(_serve(server, options.port_file, watch_stdin=options.exit_with_stdin))
    return 0


def account_from(text: str, seed: int = 1, platform: str = "emag-ro") -> Account:
    """An account from ``NAME:PASSWORD[:OFFERS|:FILE.csv|:FILE.json]``. Errors do not show the password."""
    name, _, rest = text.partition(":")
    password, _, offers = rest.partition(":")
    if not name or not password:
        raise SandboxError(f"--account {name or '?'}: expected {_ACCOUNT_FORM}.")
    return Account(name, password, _catalogue(name, offers, seed, platform), seed=seed, platform=platform)


def _catalogue(name: str, offers: str, seed: int, platform: str) -> Catalogue:
    if not offers or offers.isdecimal():
        return generated(int(offers or _DEFAULT_OFFERS), seed, PLATFORMS[platform])
    if offers.endswith(".csv"):
        return from_csv(offers, seed, PLATFORMS[platform])
    if offers.endswith(".json"):
        return from_json(offers)
    raise SandboxError(f"--account {name}: expected {_ACCOUNT_FORM}.")


def _fault(text: str) -> Fault:
    return fault_from(_object(text, "--fault"))


def _object(text: str, option: str) -> dict[str, object]:
    try:
        value = decode(text)
    except ValueError as error:
        raise SandboxError(f"{option}: {error}") from error
    if not isinstance(value, dict):
        raise SandboxError(f"{option} expects a JSON object.")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="emagsync sandbox",
        description="A simulated eMAG marketplace to test integrations against. It keeps everything in memory.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8090, help="port to listen on, 0 for a free one (default: %(default)s)")
    add("--account", action="append", default=[], metavar="SPEC", help=f"an account, repeatable: {_ACCOUNT_FORM}")
    add("--seed", type=int, default=1, help="decides what is generated and drawn (default: %(default)s)")
    add("--platform", choices=sorted(PLATFORMS), default="emag-ro", help="(default: %(default)s)")
    add("--latency-ms", type=float, default=0.0, help="time every answer takes, after the request is counted")
    add("--jitter-ms", type=float, default=0.0, help="up to this long a request travels before it is counted")
    add("--no-limit", action="store_true", help="no request limits")
    add("--retry-after", action="store_true", help="send Retry-After with a 429")
    add("--allow-ip", action="append", default=[], metavar="ADDRESS", help="refuse callers from elsewhere, repeatable")
    add("--fault", action="append", default=[], metavar="JSON", help="a fault rule, repeatable")
    add("--settings", default="{}", metavar="JSON", help="any other settings of the control API")
    add(
        "--replay", type=Path, metavar="DIR", help="serve what was recorded in this folder by `emagsync sandbox record`"
    )
    add("--replay-speed", type=float, default=1.0, metavar="TIMES", help="answer this many times as fast as recorded")
    add("--tls", action="store_true", help="speak https, with a self-signed certificate unless one is given")
    add("--tls-cert", type=Path, metavar="FILE", help="certificate (PEM) for https; with --tls made when missing")
    add("--tls-key", type=Path, metavar="FILE", help="its private key (PEM)")
    add("--port-file", type=Path, metavar="FILE", help="write the port there once it listens")
    add("--exit-with-stdin", action="store_true", help="end when the standard input is closed")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise SandboxError(f"--port {text}: a port is a number of 0 to {_LARGEST_PORT}.")
    return int(text)


async def _serve(server: SandboxServer, port_file: Path | None, *, watch_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if watch_stdin:
        loop.add_reader(sys.stdin.fileno(), _end_at_eof, ended)
    async with server:
        if port_file is not None:
            await asyncio.to_thread(_write_port, port_file, server.port)
        accounts = ", ".join(f"{name} ({len(a.catalogue)} offers)" for name, a in server.marketplace.accounts.items())
        sys.stdout.write(f"eMAG sandbox: {server.api_url} for {accounts}; control: {server.base_url}/_control\n")
        sys.stdout.flush()
        await ended.wait()
    if watch_stdin:
        with contextlib.suppress(ValueError):
            loop.remove_reader(sys.stdin.fileno())


def _end_at_eof(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        ended.set()


def _write_port(path: Path, port: int) -> None:
    """Write the port so that a reader never sees half of it."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.write_text(f"{port}\n", encoding="ascii")
        draft.replace(path)
    except OSError as error:
        raise SandboxError(f"--port-file {path}: {error.strerror or error}") from error
