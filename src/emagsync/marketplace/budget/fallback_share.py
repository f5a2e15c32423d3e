"""What the processes of one machine know together about their Redis: when it was heard, and what may be done without.

A machine is a data directory: its processes share one small file, locked for microseconds. Times are
`CLOCK_MONOTONIC`, which is machine-wide and begins anew at a reboot; nothing is remembered over one but the name.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from emagsync.marketplace.budget.slots import LEASE_SECONDS, NEVER
from emagsync.marketplace.budget.stores import boot_id, locked, unusable

T = TypeVar("T")

NO_SEAT: Final = -1
_LARGEST_FILE: Final = 1 << 16
_PAUSE_SECONDS: Final = 0.0005
_LONGEST_PAUSE: Final = 0.02


class Patience(NamedTuple):
    """How long is waited before the others are believed to have noticed. Seconds; `docs/decisions/0006` says why.

    A machine that was silent for `cut_off` may be using its share, so Redis no longer gives that out. It begins to use
    it `opens_after` it heard Redis last: by then whatever Redis granted before has been sent or is void. Its own grants
    have ended `settles_after` it stopped. Whoever was not heard of for `forgotten_after` has lost its share. A grant is
    void after `lease`.
    """

    beat: float = 1.0
    cut_off: float = 6.0
    opens_after: float = 6.0 + LEASE_SECONDS + 2.0
    settles_after: float = LEASE_SECONDS + 2.0
    forgotten_after: float = 3600.0
    lease: float = LEASE_SECONDS

    @property
    def closes_after(self) -> float:
        """A share ends before anybody else can be given its seat."""
        return self.forgotten_after - self.cut_off


class Standing(msgspec.Struct):
    """One machine's standing with Redis. `seat` is which of the shares is its own, if one is."""

    boot: bytes
    name: str
    seat: int = NO_SEAT
    heard: float = NEVER
    sharing: bool = False
    closed: float = NEVER
    processes: list[int] = []


class Machine:
    """The file that the machine's processes share. Raises BudgetStoreError where it cannot be used."""

    def __init__(self, directory: Path, name: str, patience: Patience) -> None:
        self._path = directory / name
        self._patience = patience
        self._boot = boot_id()
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unusable(directory, error) from error

    async def standing(self) -> Standing:
        """As it is now."""
        return await self._update(lambda standing: standing)

    async def join(self) -> Standing:
        """This process is one of the machine's from now on."""

        def change(standing: Standing) -> Standing:
            standing.processes = [*_living(standing.processes), os.getpid()]
            return standing

        return await self._update(change)

    async def leave(self) -> Standing:
        """This process ends. The last one gives the seat up, unless the share may still be in use."""

        def change(standing: Standing) -> Standing:
            standing.processes = _living(standing.processes)
            with suppress(ValueError):
                standing.processes.remove(os.getpid())
            before = msgspec.structs.replace(standing)
            if not standing.processes and not standing.sharing:
                standing.seat = NO_SEAT
            return before

        return await self._update(change)

    async def heard(self, at: float, seat: int) -> Standing:
        """Redis answered at `at`: the share is closed for all of the machine's processes."""

        def change(standing: Standing) -> Standing:
            if standing.sharing:
                standing.sharing, standing.closed = False, at
            standing.heard, standing.seat = max(standing.heard, at), seat
            return standing

        return await self._update(change)

    async def share_opens_in(self, now: float) -> float:
        """Seconds until the machine may use its share; 0.0 when it may now, and then it counts as being used."""

        def change(standing: Standing) -> float:
            silent = now - standing.heard
            if standing.seat == NO_SEAT or silent > self._patience.closes_after:
                return float("inf")
            wait = max(0.0, self._patience.opens_after - silent)
            standing.sharing = standing.sharing or wait == 0.0
            return wait

        return await self._update(change)

    def has_settled(self, standing: Standing, now: float) -> bool:
        """Whether nothing that the share granted can still be under way."""
        return not standing.sharing and now - standing.closed > self._patience.settles_after

    async def _update(self, change: Callable[[Standing], T]) -> T:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unusable(self._path, error) from error
        try:
            pause = _PAUSE_SECONDS
            while not locked(file):
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            return self._apply(file, change)
        except OSError as error:
            raise unusable(self._path, error) from error
        finally:
            os.close(file)

    def _apply(self, file: int, change: Callable[[Standing], T]) -> T:
        before = os.pread(file, _LARGEST_FILE, 0)
        standing = self._decode(before)
        result = change(standing)
        after = msgspec.msgpack.encode(standing)
        if after != before:
            os.pwrite(file, after, 0)
            os.ftruncate(file, len(after))
        return result

    def _decode(self, content: bytes) -> Standing:
        standing: Standing | None = None
        with suppress(msgspec.MsgspecError):
            standing = msgspec.msgpack.decode(content, type=Standing)
        if standing is None:
            return Standing(self._boot, uuid.uuid4().hex)
        # After a reboot the old times mean nothing, and no process of before is left.
        return standing if standing.boot == self._boot else Standing(self._boot, standing.name, standing.seat)


def _living(processes: list[int]) -> list[int]:
    return [pid for pid in processes if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
