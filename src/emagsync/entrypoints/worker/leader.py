"""Which of several beats is the leader: the one that holds a key in Redis, which expires by itself."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

KEY: Final = "emagsync:beat"
LEADER_SECONDS: Final = 15.0
_TIMEOUT_SECONDS: Final = 2.0

# Only the holder may renew or release it.
_RENEW: Final = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2]) or 0"
_RELEASE: Final = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"


class LeaderLock:
    """The leader's lock in Redis, an async context manager that releases it. `holder` names this process and no other.

    It expires after `seconds` unless it is renewed, so another beat takes over from one that was killed.
    """

    def __init__(self, url: str, holder: str, *, seconds: float = LEADER_SECONDS) -> None:
        self._redis: Any = Redis.from_url(
            url, socket_connect_timeout=_TIMEOUT_SECONDS, socket_timeout=_TIMEOUT_SECONDS, decode_responses=True
        )
        self._holder = holder
        self._milliseconds = round(seconds * 1000)

    async def __aenter__(self) -> LeaderLock:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._redis.eval(_RELEASE, 1, KEY, self._holder)
        except (RedisError, OSError):
            pass  # it expires by itself
        finally:
            await self._redis.aclose()

    async def acquire(self) -> bool:
        """Take the lock, or renew it; returns whether this process is the leader. Raises RedisError and OSError."""
        if await self._redis.eval(_RENEW, 1, KEY, self._holder, self._milliseconds):
            return True
        return bool(await self._redis.set(KEY, self._holder, nx=True, px=self._milliseconds))
