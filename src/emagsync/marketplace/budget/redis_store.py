"""A request budget in Redis, for all processes of all machines; without Redis, a share of it for each machine.

A change is computed here and written only if nobody wrote meanwhile (compare-and-set), by Redis's own clock. A change
that changes nothing, such as the look of a waiting caller, costs one read. Why the limits hold when Redis comes and
goes: `docs/decisions/0006-redis-owns-the-budget.md`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from emagsync.core.redis import AWAY
from emagsync.marketplace.budget.redis_heartbeat import KEPT_SECONDS, PREFIX, SEATS, SEATS_KEY, RedisLink
from emagsync.marketplace.budget.slots import NEVER, GroupState, Limits, Moment, RouteGroup, Rule
from emagsync.marketplace.budget.stores import Change, FileStore

T = TypeVar("T")

# Who got the last request leaves the next one to others for this long, lest whoever is nearest to Redis gets them all.
COURTESY_SECONDS: Final = 0.01
_LONGEST_SHARED_WINDOW: Final = 1.0
_TRIES: Final = 2

# What both scripts answer with: the time, the seats' id, how many of them are cut off, and the record.
_ANSWER: Final = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local function answer()
  local cut = 0
  for _, held in ipairs(redis.call('HVALS', KEYS[2])) do
    local last = string.match(held, ' (%S+)$')
    if last and now - last > tonumber(ARGV[1]) and now - last <= tonumber(ARGV[2]) then cut = cut + 1 end
  end
  local record = redis.call('HMGET', KEYS[1], 'version', 'state')
  return {t[1], t[2], redis.call('HGET', KEYS[2], 'id'), cut, record[1], record[2]}
end
"""
_READ: Final = _ANSWER + "return answer()"
# ARGV: as for reading, then the version that was read (or ''), the new version and state, seconds to keep.
_WRITE: Final = (
    _ANSWER
    + """
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[3] then return answer() end
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'state', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return false
"""
)


class _Version(NamedTuple):
    """`life` is another one when the record was lost and made anew at `born`, by Redis's clock."""

    life: str
    born: float
    number: int

    @classmethod
    def new(cls, born: float) -> _Version:
        return cls(uuid.uuid4().hex[:12], born, 0)

    @classmethod
    def parse(cls, text: bytes) -> _Version:
        life, born, number = text.decode().split()
        return cls(life, float(born), int(number))

    def __str__(self) -> str:
        return f"{self.life} {self.born!r} {self.number}"


class _Read(NamedTuple):
    now: float
    seats_id: bytes
    cut_off: int
    version: bytes
    state: bytes


class RedisStore:
    """One record per key and group under `emagsync:budget:`, gone a week after its last use.

    While Redis is away, changes go to small files under `directory`, with a third of each limit, and nothing is granted
    before `Patience.opens_after`. A record that was lost counts as used up.
    """

    def __init__(self, link: RedisLink, directory: Path, key: str, limits: Mapping[RouteGroup, Limits]) -> None:
        self.limits = limits
        self._link = link
        self._keys = {group: f"{PREFIX}{key}:{group.value}" for group in limits}
        self._shares = {group: share_of(rules) for group, rules in limits.items()}
        files = {group: share or closed_limits(limits[group]) for group, share in self._shares.items()}
        self._files = FileStore(directory, f"{key}.share", files, link.clock)
        self._lives: dict[RouteGroup, str] = {}
        self._jumps = dict.fromkeys(limits, link.time.jumps)
        # When the pause that was seen last ends, by the clock here, and whether it was seen on Redis.
        self._pauses: dict[RouteGroup, tuple[float, bool]] = {}
        self._read = link.redis.register_script(_READ)
        self._write = link.redis.register_script(_WRITE)

    async def update(self, group: RouteGroup, change: Change[T]) -> T:
        """Apply `change` to Redis's record, or to the machine's share while Redis is away."""
        up = await self._link.is_up()
        for _ in range(_TRIES):
            if not up:
                break
            try:
                return await self._on_redis(group, change)
            except AWAY as error:
                up = await self._link.check(error)
        return await self._on_files(group, change)

    async def _on_redis(self, group: RouteGroup, change: Change[T]) -> T:
        keys, seats = [self._keys[group], SEATS_KEY], self._seat_times()
        read = self._understood(await self._timed(self._read, keys, seats))
        while True:
            version, state, was_mended = self._decoded(group, read)
            state.occupy(read.now, self._reserved(group, min(read.cut_off, SEATS)))
            self._carry_pause(group, state, read.now, on_redis=True)
            before = msgspec.msgpack.encode(state)
            result = change(state, self.limits[group], Moment(read.now, read.now, self._link.process))
            after = msgspec.msgpack.encode(state)
            if was_mended or after != before:
                number = str(version._replace(number=version.number + 1))
                answer = await self._timed(self._write, keys, [*seats, read.version, number, after, KEPT_SECONDS])
                if answer is not None:
                    read = self._understood(answer)
                    continue
            self._lives[group], self._jumps[group] = version.life, self._link.time.jumps
            self._remember_pause(group, state.paused_until - read.now, on_redis=True)
            return self._courteous(result, state, read.now)

    async def _timed(self, script: Any, keys: list[str], values: list[Any]) -> Any:
        began = self._link.clock.monotonic()
        answer = await script(keys=keys, args=values)
        if answer is not None:
            told = int(answer[0]) + int(answer[1]) / 1e6
            self._link.time.observe(began, self._link.clock.monotonic(), told)
        return answer

    def _seat_times(self) -> list[Any]:
        patience = self._link.patience
        return [patience.cut_off, patience.forgotten_after]

    @staticmethod
    def _understood(answer: Any) -> _Read:
        seconds, micros, seats_id, cut_off, version, state = answer
        now = int(seconds) + int(micros) / 1e6
        return _Read(now, seats_id or b"", int(cut_off), version or b"", state or b"")

    def _decoded(self, group: RouteGroup, read: _Read) -> tuple[_Version, GroupState, bool]:
        """The record, and whether it had to be made anew or corrected."""
        limits = self.limits[group]
        was_mended = False
        try:
            version = _Version.parse(read.version)
            state = msgspec.msgpack.decode(read.state, type=GroupState)
        except (ValueError, msgspec.MsgspecError):
            version, state, was_mended = _Version.new(read.now), GroupState.fresh(limits, used_at=read.now), True
        if not state.is_plausible(limits, read.now):
            state, was_mended = GroupState.fresh(limits, used_at=read.now), True
        elif self._jumps[group] != self._link.time.jumps:
            state.forget_clock(read.now)
            was_mended = True
        if self._is_lost(group, version, read):
            state.hold(version.born + self._link.patience.lease, "lost")
            was_mended = True
        return version, state, was_mended

    def _is_lost(self, group: RouteGroup, version: _Version, read: _Read) -> bool:
        """Whether a record that was lost may have granted what is still to be sent."""
        known = self._lives.get(group)
        was_recent = read.now < version.born + self._link.patience.lease and read.seats_id != self._link.quiet_id
        return known is not None and known != version.life and was_recent

    def _reserved(self, group: RouteGroup, cut_off: int) -> Iterator[int]:
        """The slots that machines which are cut off may be using."""
        share = self._shares[group]
        if share is None:
            return
        first = 0
        for rule, part in zip(self.limits[group].rules, share.rules, strict=True):
            yield from range(first + rule.requests - cut_off * part.requests, first + rule.requests)
            first += rule.requests

    async def _on_files(self, group: RouteGroup, change: Change[T]) -> T:
        is_open = self._shares[group] is not None and await self._link.share_opens_in() == 0.0

        def changed(state: GroupState, limits: Limits, at: Moment) -> T:
            self._carry_pause(group, state, at.steady, on_redis=False)
            if not is_open:
                state.occupy(at.steady, range(len(state.stamps)))
            result = change(state, limits, at)
            self._remember_pause(group, state.paused_until - at.steady, on_redis=False)
            return result

        return await self._files.update(group, changed)

    def _remember_pause(self, group: RouteGroup, seconds: float, *, on_redis: bool) -> None:
        self._pauses[group] = (self._link.clock.monotonic() + seconds, on_redis)

    def _carry_pause(self, group: RouteGroup, state: GroupState, now: float, *, on_redis: bool) -> None:
        """What eMAG asked for on one side holds on the other."""
        ends, was_on_redis = self._pauses.get(group, (NEVER, on_redis))
        remaining = ends - self._link.clock.monotonic()
        if was_on_redis != on_redis and remaining > 0:
            state.pause(now, remaining)

    def _courteous(self, result: T, state: GroupState, now: float) -> T:
        if not isinstance(result, float) or result <= 0 or len(state.stamps) == 0:
            return result
        latest = max(range(len(state.stamps)), key=lambda slot: max(state.stamps[slot], state.leases[slot]))
        mine = self._link.process
        others = any(owner not in ("", mine) for owner in state.owners)
        return cast("T", result + COURTESY_SECONDS) if others and state.owners[latest] == mine else result


def share_of(limits: Limits) -> Limits | None:
    """What one machine may use of `limits` without Redis: none where it would have to know a whole minute or day."""
    rules = tuple(Rule(rule.requests // SEATS, rule.seconds) for rule in limits.rules)
    knows_enough = limits.per_day is None and all(rule.seconds <= _LONGEST_SHARED_WINDOW for rule in limits.rules)
    return Limits(rules) if knows_enough and all(rule.requests for rule in rules) else None


def closed_limits(limits: Limits) -> Limits:
    """Rules to keep pauses and counts by, where nothing is granted."""
    return Limits(tuple(Rule(1, rule.seconds) for rule in limits.rules))
