"""The command line as a real process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from support.databases import variables_in
from support.market import PASSWORD

_QUICK = {
    "EMAGSYNC_RETRY__BASE_SECONDS": "0.005",
    "EMAGSYNC_RETRY__MAX_SECONDS": "0.01",
    "EMAGSYNC_LIMIT__ENABLED": "false",
}


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(
    data_dir: Path | str, url: str | None = None, accounts: Mapping[str, str] | None = None, **variables: str
) -> dict[str, str]:
    """A clean environment for the data directory; `accounts` are account names with the names of their API users."""
    names = {"main": "main"} if accounts is None and url is not None else accounts or {}
    values = {name: value for name, value in os.environ.items() if not name.startswith(("EMAG_", "EMAGSYNC_"))}
    values |= {"EMAGSYNC_DATA_DIR": str(data_dir), "HOME": str(data_dir), **_QUICK}
    values |= {} if "EMAGSYNC_DATABASE_URL" in variables else variables_in(Path(data_dir))
    for name, username in names.items():
        prefix = f"EMAG_{name.upper()}"
        values |= {f"{prefix}_USERNAME": username, f"{prefix}_PASSWORD": PASSWORD, f"{prefix}_BASE_URL": url or ""}
    return values | variables


class Program:
    """One running `emagsync`. Killed at the end of its `async with` block if it still runs."""

    def __init__(self, arguments: tuple[str, ...], variables: Mapping[str, str], folder: Path | None = None) -> None:
        self._arguments = arguments
        self._variables = variables
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._said: asyncio.Task[tuple[bytes, bytes]] | None = None

    async def __aenter__(self) -> Program:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "emagsync",
            *self._arguments,
            env=dict(self._variables),
            cwd=self._folder or self._variables["HOME"] if Path(self._variables["HOME"]).is_dir() else None,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._said = asyncio.ensure_future(self._process.communicate())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.is_running:
            self.process.kill()
        await self.ended()

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    @property
    def is_running(self) -> bool:
        return self.process.returncode is None

    def send(self, number: int) -> None:
        """A signal, if it still runs."""
        if self.is_running:
            self.process.send_signal(number)

    async def ended(self) -> Ended:
        """Wait for its end."""
        assert self._said is not None
        out, err = await self._said
        code = self.process.returncode
        assert code is not None
        return Ended(code, out.decode(), err.decode())


async def run(*arguments: str, variables: Mapping[str, str], folder: Path | None = None) -> Ended:
    """Run one command to its end."""
    async with Program(arguments, variables, folder) as program:
        return await program.ended()
