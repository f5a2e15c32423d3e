"""A request budget in Redis, shared by all processes of all machines that name the same Redis.

A change is computed here, by Redis's own clock, and written by a script only if nobody else wrote in between
(compare-and-set); on a conflict it is computed again from the newer state. A change that changes nothing, such as a
waiting caller's look at the slots, costs one script call. Without Redis nothing is granted: `update` raises
BudgetUnavailable. Each call writes, be it only what was there: a Redis that can only be read (its disk or memory is
full, its replicas are gone, it is a replica itself) counts as away, since it could not grant anything.

Redis may forget (a restart without persistence, FLUSHALL) or go back in time (an old snapshot, a failover to a replica
that lags). What it granted before may then be unknown to it and still on its way to eMAG. So the first process that
notices writes down when (`_ANSWER`), and nothing is granted until every earlier grant has been sent or is void, see
`docs/decisions/0006-redis-owns-the-budget.md`.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from contextvars import Context
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.redis import AWAY, address_of, open_redis, reason_of
from emagsync.marketplace.budget.slots import (
    EMAG_LIMITS,
    LEASE_SECONDS,
    GroupState,
    Limits,
    RouteGroup,
    UpdateContext,
)
from emagsync.marketplace.budget.stores import StateChange
from emagsync.marketplace.errors import BudgetUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

PREFIX: Final = "emagsync:budget:"
# Not the name of a group's record: those are `emagsync:budget:<key>:<group>`.
MEMORY_KEY: Final = f"{PREFIX}memory"
KEPT_SECONDS: Final = 7 * 86_400
# The process that got the latest slot leaves the next one to others for this long; otherwise the process with the
# shortest way to Redis would get them all.
COURTESY_SECONDS: Final = 0.01

# What the scripts answer with: Redis's time, since when it has remembered everything, and the group's record.
# `server` is another one after a restart or a failover. A time in the future means that Redis's clock was set back.
_ANSWER: Final = """
local t = redis.call('TIME')
local now = string.format('%d.%06d', t[1], t[2])
local info = redis.pcall('INFO', 'server')
local server = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
local memory = redis.call('HMGET', KEYS[1], 'server', 'since')
if memory[1] ~= server or not memory[2] or tonumber(memory[2]) > tonumber(now) then
  memory = {server, now}
end
redis.call('HSET', KEYS[1], 'server', server, 'since', memory[2])
local function answer()
  local record = redis.call('HMGET', KEYS[2], 'version', 'state')
  return {now, memory[2], record[1], record[2]}
end
"""
_READ: Final = _ANSWER + "return answer()"
# ARGV: `since` and the version that were read (or ''), the new version and state, seconds to keep.
_WRITE: Final = (
    _ANSWER
    + """
if memory[2] ~= ARGV[1] or (redis.call('HGET', KEYS[2], 'version') or '') ~= ARGV[2] then return answer() end
redis.call('HSET', KEYS[2], 'version', ARGV[3], 'state', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return false
"""
)


class RedisHealth(NamedTuple):
    """Whether Redis answers just now, and one line for people: what that means for requests to eMAG."""

    is_up: bool
    detail: str


class RedisConnection:
    """The connection of one event loop to the Redis that keeps the budgets, shared by all of them.

    Make it after a fork, close it after the budgets. Nothing is sent before the first use. It logs `redis_away` and
    `redis_back`, once each.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, settle_seconds: float = LEASE_SECONDS) -> None:
        self.clock = clock or SystemClock()
        # How long after a loss grants that Redis may have forgotten can still be sent.
        self.settle_seconds = settle_seconds
        self.process = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._redis = open_redis(url)
        self._where = address_of(url)
        self._scripts = {source: self._redis.register_script(source) for source in (_READ, _WRITE)}
        self._is_away = False

    async def run(self, source: str, keys: list[str], values: list[Any]) -> Any:
        """The answer of one of this module's scripts. Raises BudgetUnavailable within seconds."""
        try:
            try:
                answer = await self._scripts[source](keys=keys, args=values)
            except AWAY:
                # An idle connection that Redis has closed meanwhile is noticed only when it is used.
                answer = await self._scripts[source](keys=keys, args=values)
        except AWAY as error:
            reason = reason_of(error)
            self._note_away(reason)
            raise BudgetUnavailable(f"{self._where} cannot be used ({reason})") from error
        self._note_back()
        return answer

    async def health(self) -> RedisHealth:
        """Ask Redis now."""
        try:
            await self.run(_READ, [MEMORY_KEY, f"{PREFIX}health"], [])
        except BudgetUnavailable as error:
            return RedisHealth(False, f"{error}; requests to eMAG wait, and interrupted runs resume when it is back")
        return RedisHealth(True, f"{self._where} answers")

    async def aclose(self) -> None:
        """Close the connections."""
        with suppress(*AWAY):
            await self._redis.aclose()

    def _note_away(self, reason: str) -> None:
        if not self._is_away:
            self._is_away = True
            self._warn("redis_away: %s cannot be used (%s): requests to eMAG wait until it is back", reason)

    def _note_back(self) -> None:
        if self._is_away:
            self._is_away = False
            self._warn("redis_back: %s answers again; request limits are counted there")

    def _warn(self, message: str, *reason: str) -> None:
        # Without the caller's context: it is not about the run that happens to notice.
        Context().run(log.warning, message, self._where, *reason)


class _Read(NamedTuple):
    """A group's record as it was at `now`; `version` and `state` are empty where there is none."""

    now: float
    since: bytes
    version: bytes
    state: bytes

    @classmethod
    def parse(cls, answer: Any) -> _Read:
        now, since, version, state = answer
        return cls(float(now), since, version or b"", state or b"")


class RedisStore:
    """One record per key and group under `emagsync:budget:`, which Redis drops a week after its last use.

    A record that is missing counts as fully used now; one that is damaged, and every record after a loss, as granted
    to somebody who may still send.
    """

    def __init__(
        self, connection: RedisConnection, key: str, limits: Mapping[RouteGroup, Limits] = EMAG_LIMITS
    ) -> None:
        self.limits = limits
        self._connection = connection
        self._keys = {group: f"{PREFIX}{key}:{group.value}" for group in limits}

    async def update(self, group: RouteGroup, change: StateChange[T]) -> T:
        """Apply `change` to the record. Raises BudgetUnavailable when Redis does not answer.

        It may have been written all the same, if only the answer was lost: a slot that nobody uses then is free again
        when its lease ends.
        """
        keys, process = [MEMORY_KEY, self._keys[group]], self._connection.process
        read = _Read.parse(await self._connection.run(_READ, keys, []))
        while True:
            state = self._state(group, read)
            result = change(state, self.limits[group], UpdateContext(read.now, read.now, process))
            after = msgspec.msgpack.encode(state)
            if after == read.state:
                return self._courteous(result, state)
            version = uuid.uuid4().hex
            values = [read.since, read.version, version, after, KEPT_SECONDS]
            conflict = await self._connection.run(_WRITE, keys, values)
            if conflict is None:
                return self._courteous(result, state)
            read = _Read.parse(conflict)
            if read.version == version.encode():
                # It was written the first time, and only the answer was lost.
                return self._courteous(result, state)

    def _state(self, group: RouteGroup, read: _Read) -> GroupState:
        limits, settle = self.limits[group], self._connection.settle_seconds
        state: GroupState | None = None
        if read.state:
            with suppress(msgspec.MsgspecError):
                state = msgspec.msgpack.decode(read.state, type=GroupState)
        if state is None or not state.is_plausible(limits, read.now):
            state = GroupState.fresh(limits, used_at=read.now)
            if read.state or read.version:
                state.reserve_all(read.now + settle, "lost")
        settled_at = float(read.since) + settle
        if read.now < settled_at:
            state.reserve_all(settled_at, "lost")
        return state

    def _courteous(self, result: T, state: GroupState) -> T:
        """`result`, a little more of it where it is a wait and this process got the latest slot of several."""
        if not isinstance(result, float) or result <= 0 or len(state.stamps) == 0:
            return result
        mine = self._connection.process
        latest = max(range(len(state.stamps)), key=lambda slot: max(state.stamps[slot], state.leases[slot]))
        others = any(owner not in ("", mine) for owner in state.owners)
        return cast("T", result + COURTESY_SECONDS) if others and state.owners[latest] == mine else result
