"""One process's connection to the Redis that owns the budgets, and whether Redis may be relied on right now.

Once a second each process shows Redis that its machine can hear it (`_BEAT`). Redis keeps three seats, one third of
every limit each; a machine that holds one may use that third when it is cut off, and Redis then grants that much less.
`docs/decisions/0006-redis-owns-the-budget.md` has the reasoning.
"""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.core.redis import AWAY, address_of, open_redis, reason_of
from emagsync.marketplace.budget.clock_offset import SteadyTime
from emagsync.marketplace.budget.fallback_share import NO_SEAT, Machine, Patience
from emagsync.marketplace.budget.slots import NEVER
from emagsync.marketplace.errors import BudgetStoreError

log = logging.getLogger(__name__)

PREFIX: Final = "emagsync:budget:"
SEATS_KEY: Final = f"{PREFIX}seats"
SEATS: Final = 3
KEPT_SECONDS: Final = 7 * 86_400

# KEYS: seats. ARGV: machine, the time that Redis told it last (or ''), whether it is attached, seconds until a silent
# machine is cut off, seconds until it is forgotten, seconds to keep, a new id, the id known (or ''), then seat and
# machine by turns, as known. What a machine shows is the time that it was told, so that a command that was delayed on
# its way cannot make a silent machine look alive. After a loss (another id) whoever was known counts as cut off.
_BEAT: Final = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local id = redis.call('HGET', KEYS[1], 'id')
if not id then
  id = ARGV[7]
  redis.call('HSET', KEYS[1], 'id', id)
end
if ARGV[8] ~= '' and ARGV[8] ~= id then
  for i = 9, #ARGV, 2 do
    redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1] .. string.format(' %.6f', now - ARGV[4] - 1))
  end
end
local mine, free, seen
for seat = 0, SEATS - 1 do
  local held = redis.call('HGET', KEYS[1], seat)
  local machine, last
  if held then machine, last = string.match(held, '^(%S+) (%S+)$') end
  if machine == ARGV[1] then
    mine, seen = seat, tonumber(last)
  elseif not free and (not machine or now - last > tonumber(ARGV[5])) then
    free = seat
  end
end
if mine and ARGV[3] == '1' and ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], mine, ARGV[1] .. string.format(' %.6f', math.max(seen, tonumber(ARGV[2]))))
elseif not mine and free then
  mine = free
  redis.call('HSET', KEYS[1], mine, ARGV[1] .. string.format(' %.6f', now))
end
redis.call('EXPIRE', KEYS[1], ARGV[6])
return {t[1], t[2], id, mine or -1, redis.call('HGETALL', KEYS[1])}
""".replace("SEATS", str(SEATS))

_LEAVE: Final = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and string.match(held, '^%S+') == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
"""


class LinkState(NamedTuple):
    """How the process stands with Redis: `up`, or why not, and whether the machine's share is in use instead."""

    up: bool
    detail: str


class RedisLink:
    """The connection of one event loop, shared by all its budgets; made after a fork, closed after the budgets.

    `directory` is what makes processes one machine. Nothing is sent before the first `is_up`.
    """

    def __init__(
        self, url: str, directory: Path, *, clock: Clock | None = None, patience: Patience | None = None
    ) -> None:
        self.clock = clock or SystemClock()
        self.patience = patience or Patience()
        self.process = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.time = SteadyTime()
        # The seats' id where Redis had been away for so long that nothing it granted before can still be sent.
        self.quiet_id = b"-"
        self.redis = open_redis(url)
        self._beat_script = self.redis.register_script(_BEAT)
        self._machine = Machine(directory, f"redis-{_digest(url)}", self.patience)
        self._where = address_of(url)
        self._token = ""
        self._known: tuple[str, tuple[str, ...]] = ("", ())
        self._up = False
        self._reason = "not asked yet"
        self._answered_at = NEVER
        self._said_away = False
        self._starting: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._trying = asyncio.Lock()

    async def is_up(self) -> bool:
        """Whether Redis answered when it was asked last; the first call asks it. Raises BudgetStoreError."""
        if self._starting is None:
            # Without the caller's context: what the link says in the log is not about the run that asked first.
            self._starting = asyncio.get_running_loop().create_task(self._start(), context=Context())
        if not self._starting.done():
            await asyncio.shield(self._starting)
        self._starting.result()
        return self._up

    async def check(self, error: BaseException | None = None) -> bool:
        """Ask Redis now, after it failed with `error`. False: it is away, which was said."""
        if error is not None:
            self._up, self._reason = False, reason_of(error)
        async with self._trying:
            if not self._up:
                await self._beat()
        return self._up

    async def share_opens_in(self) -> float:
        """Seconds until the machine may use its share of the limits; infinite when it has none."""
        return await self._machine.share_opens_in(self.clock.monotonic())

    async def state(self) -> LinkState:
        """For people: asks Redis, and says how it goes on without."""
        if await self.is_up():
            return LinkState(True, f"{self._where} answers")
        wait = await self.share_opens_in()
        if wait == 0.0:
            then = f"this machine goes on with 1/{SEATS} of each request limit"
        elif wait < float("inf"):
            then = f"requests to eMAG wait; in {wait:.0f} s they go on with 1/{SEATS} of each limit"
        else:
            then = "requests to eMAG wait until it is back, because this machine holds no share"
        return LinkState(False, f"{self._where} cannot be used ({self._reason}); {then}")

    async def aclose(self) -> None:
        """Give the seat up, if this is the machine's last process, and close the connections."""
        tasks = [task for task in (self._starting, self._beating) if task is not None]
        await cancelled(*tasks)
        if self._starting is not None:
            standing = await self._machine.leave()
            settled = self._machine.has_settled(standing, self.clock.monotonic())
            if self._up and settled and not standing.processes and standing.seat != NO_SEAT:
                with suppress(*AWAY):
                    await self.redis.eval(_LEAVE, 1, SEATS_KEY, str(standing.seat), standing.name)
        with suppress(*AWAY):
            await self.redis.aclose()

    async def _start(self) -> None:
        await self._machine.join()
        await self._beat()
        self._beating = asyncio.get_running_loop().create_task(self._go_on_beating(), name="redis link")

    async def _go_on_beating(self) -> None:
        while True:
            await self.clock.sleep(self.patience.beat)
            try:
                async with self._trying:
                    await self._beat()
            except BudgetStoreError as error:
                self._lost(str(error))

    async def _beat(self) -> None:
        began = self.clock.monotonic()
        standing = await self._machine.standing()
        attached = self._machine.has_settled(standing, began)
        known_id, known = self._known
        patience = self.patience
        values: list[str | float] = [
            standing.name,
            self._token,
            int(attached),
            patience.cut_off,
            patience.forgotten_after,
            KEPT_SECONDS,
        ]
        try:
            answer = await self._beat_script(keys=[SEATS_KEY], args=[*values, uuid.uuid4().hex, known_id, *known])
        except AWAY as error:
            self._lost(reason_of(error))
            return
        await self._heard(began, answer)

    async def _heard(self, began: float, answer: Sequence[Any]) -> None:
        now = self.clock.monotonic()
        seconds, micros, seats_id, seat, seats = answer
        self._token = f"{int(seconds)}.{int(micros):06d}"
        self._known = (seats_id.decode(), tuple(_seats(seats)))
        self.time.observe(began, now, float(self._token))
        await self._machine.heard(now, int(seat))
        if not self._up and now - self._answered_at > self.patience.lease:
            self.quiet_id = seats_id
        self._answered_at = now
        self._up = True
        if self._said_away:
            self._said_away = False
            log.warning("redis_back: %s answers again; request limits are counted there", self._where)

    def _lost(self, reason: str) -> None:
        self._up, self._reason = False, reason
        if not self._said_away:
            self._said_away = True
            log.warning(
                "redis_away: %s cannot be used (%s): requests to eMAG wait, and in %.0f s go on at 1/%d of each limit",
                self._where,
                reason,
                self.patience.opens_after,
                SEATS,
            )


def _seats(flat: Any) -> list[str]:
    """Seat and machine by turns."""
    pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
    return [part for seat, held in pairs if seat != b"id" for part in (seat.decode(), held.decode().partition(" ")[0])]


def _digest(url: str) -> str:
    parts = urlsplit(url)
    return blake2b(f"{parts.hostname}:{parts.port}{parts.path}".encode(), digest_size=6).hexdigest()
