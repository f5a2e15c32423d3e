"""Stores of a request budget: in memory for one process, in small files for all processes of one machine.

A store holds one `GroupState` for each route group and applies changes to it one at a time, each with the time by the
clock that all its users share. `redis_store.py` has the store for all processes of several machines.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec

from emagsync.core.clock import Clock
from emagsync.marketplace.addresses import server_of
from emagsync.marketplace.budget.slots import GroupState, Limits, RouteGroup, UpdateContext
from emagsync.marketplace.errors import BudgetStoreError

T = TypeVar("T")
StateChange = Callable[[GroupState, Limits, UpdateContext], T]

_MAGIC: Final = b"emagsync budget 1\n"
_LARGEST_FILE: Final = 1 << 20
_CONTENDED_SECONDS: Final = 0.0005
_CONTENDED_LONGEST: Final = 0.02


class BudgetStore(Protocol):
    """Keeps a budget's state, for everybody who shares it."""

    @property
    def limits(self) -> Mapping[RouteGroup, Limits]:
        """The limits that are enforced, by route group."""
        ...

    async def update(self, group: RouteGroup, change: StateChange[T]) -> T:
        """Apply `change` to the group's state, with no other change at the same time, and store the new state.

        Raises BudgetStoreError, or BudgetUnavailable when it may work later.

        A change does nothing but change the state: a store that lost a race may apply it again to the newer state.
        """
        ...


class MemoryStore:
    """For the tasks of one event loop. Starts with every slot free, or with every slot used now (`assume_used`)."""

    def __init__(self, limits: Mapping[RouteGroup, Limits], clock: Clock, *, assume_used: bool = False) -> None:
        self.limits = limits
        self._clock = clock
        now = clock.monotonic()
        self._states = {
            group: GroupState.fresh(rules, now) if assume_used else GroupState.fresh(rules)
            for group, rules in limits.items()
        }

    async def update(self, group: RouteGroup, change: StateChange[T]) -> T:
        """Apply `change`; nothing else runs in between."""
        return change(self._states[group], self.limits[group], _now(self._clock))


class FileStore:
    """One file per key and group under `directory`, for all processes of one machine.

    The file is locked (`flock`, so a killed process leaves no lock) for the microseconds that one change takes, and
    opened anew each time, so that forks do not share a lock. Times are `CLOCK_MONOTONIC`, which is machine-wide; the
    boot's id is in the file, because that clock begins anew at a reboot. A file that is damaged counts as fully used.
    """

    def __init__(self, directory: Path, key: str, limits: Mapping[RouteGroup, Limits], clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._paths = {group: directory / f"{key}.{group.value}" for group in limits}
        self._boot = _boot_id()
        self._namespace = _pid_namespace()
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(directory, error) from error

    async def update(self, group: RouteGroup, change: StateChange[T]) -> T:
        """Apply `change` under the file's lock; waits without blocking the loop while another process holds it."""
        path = self._paths[group]
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            # Another process holds it for microseconds, and nothing could wake us when it lets go.
            pause = _CONTENDED_SECONDS
            while not _locked(file):
                await asyncio.sleep(pause)
                pause = min(2 * pause, _CONTENDED_LONGEST)
            return self._apply(file, self.limits[group], change)
        except OSError as error:
            raise _unusable(path, error) from error
        finally:
            os.close(file)

    def _apply(self, file: int, limits: Limits, change: StateChange[T]) -> T:
        at = _now(self._clock)._replace(owner=f"{self._namespace}:{os.getpid()}")
        before = os.pread(file, _LARGEST_FILE, 0)
        state = self._decode(before, limits, at.now)
        state.reclaim_dead(at.now, self._is_dead)
        result = change(state, limits, at)
        after = self._encode(state)
        if after != before:
            os.pwrite(file, after, 0)
            if len(after) < len(before):
                os.ftruncate(file, len(after))
        return result

    def _is_dead(self, owner: str) -> bool:
        namespace, _, pid = owner.partition(":")
        if namespace != str(self._namespace) or not pid.isdigit():
            return False  # another container's process: its lease ends by itself
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False

    def _encode(self, state: GroupState) -> bytes:
        content = self._boot + msgspec.msgpack.encode(state)
        return _MAGIC + zlib.crc32(content).to_bytes(4, "big") + content

    def _decode(self, data: bytes, limits: Limits, now: float) -> GroupState:
        if not data:
            return GroupState.fresh(limits)
        checksum, content = data[len(_MAGIC) : len(_MAGIC) + 4], data[len(_MAGIC) + 4 :]
        if not data.startswith(_MAGIC) or checksum != zlib.crc32(content).to_bytes(4, "big"):
            return GroupState.fresh(limits, used_at=now)
        try:
            state = msgspec.msgpack.decode(content[len(self._boot) :], type=GroupState)
        except msgspec.MsgspecError:
            return GroupState.fresh(limits, used_at=now)
        if content[: len(self._boot)] != self._boot:
            state.forget_clock(now)
        return state if state.is_plausible(limits, now) else GroupState.fresh(limits, used_at=now)


def budget_key(base_url: str, username: str) -> str:
    """A file name for one API user: eMAG counts requests by user, whatever the account is called here.

    It is the same however `base_url` is written, see `server_of`. Raises RequestInvalid for one that is no address.
    """
    server = server_of(base_url)
    digest = blake2b(f"{server}\0{username}".encode(), digest_size=6).hexdigest()
    return f"{server.host.replace(':', '-')[:50].strip('.')}-{server.port}-{digest}"


def _now(clock: Clock) -> UpdateContext:
    """This process, now, by the machine's clocks."""
    return UpdateContext(clock.monotonic(), clock.now().timestamp())


def _locked(file: int) -> bool:
    """Whether the lock of the open `file` could be had at once."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _boot_id() -> bytes:
    """36 bytes that are others after a reboot."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip().ljust(36)[:36]
    return b" " * 36  # no Linux: stamps that lie in the future still give a reboot away


def _pid_namespace() -> int:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").stat().st_ino
    return 0


def _unusable(path: Path, error: OSError) -> BudgetStoreError:
    """One line about a file or folder of the budget that cannot be used."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    hint = "free some space" if error.errno == errno.ENOSPC else "make it writable or set EMAGSYNC_DATA_DIR"
    return BudgetStoreError(f"The request budget cannot be kept in {path}: {reason}; {hint}.")
