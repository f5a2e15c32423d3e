"""The command line as a real process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from support.databases import variables_in
from support.market import PASSWORD
from support.processes import AsyncProcess

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
    # Nothing of the caller's own accounts and settings, and nothing that would keep a command from being forked.
    ours = ("EMAG_", "EMAGSYNC_", "PYTHON")
    values = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    values |= {"EMAGSYNC_DATA_DIR": str(data_dir), "HOME": str(data_dir), **_QUICK}
    values |= {} if "EMAGSYNC_DATABASE_URL" in variables else variables_in(Path(data_dir))
    for name, username in names.items():
        prefix = f"EMAG_{name.upper()}"
        values |= {f"{prefix}_USERNAME": username, f"{prefix}_PASSWORD": PASSWORD, f"{prefix}_BASE_URL": url or ""}
    return values | variables


class Program:
    """One running `emagsync`. Killed at the end of its `async with` block if it still runs.

    `fresh` starts an interpreter of its own; see `support.processes`.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        variables: Mapping[str, str],
        folder: Path | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        self._arguments = arguments
        self._variables = variables
        self._folder = folder
        self._fresh = fresh
        self._process: AsyncProcess | None = None
        self._said: asyncio.Task[tuple[bytes, bytes]] | None = None

    async def __aenter__(self) -> Program:
        home = self._variables["HOME"]
        folder = self._folder or home if Path(home).is_dir() else None
        self._process = await AsyncProcess.start(*self._arguments, env=self._variables, cwd=folder, fresh=self._fresh)
        self._said = asyncio.ensure_future(self._process.communicate())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.is_running:
            self.process.kill()
        await self.ended()

    @property
    def process(self) -> AsyncProcess:
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


async def run(*arguments: str, variables: Mapping[str, str], folder: Path | None = None, fresh: bool = False) -> Ended:
    """Run one command to its end."""
    async with Program(arguments, variables, folder, fresh=fresh) as program:
        return await program.ended()
