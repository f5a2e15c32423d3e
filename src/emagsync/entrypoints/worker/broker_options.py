"""Kombu's Redis transport with one defect fixed: a worker must survive a restart of Redis.

When Redis is unreachable at the moment at which a lost connection is closed, a channel that holds messages asks its
transport, which is closed already, for another connection. That raises an AttributeError (kombu 5.7), which nobody up
to the worker expects, and the worker ends. Raised as a connection error, it makes the worker reconnect.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as RedisConnectionError

_Channel: Any = kombu_redis.Channel
_Transport: Any = kombu_redis.Transport


class Channel(_Channel):  # type: ignore[misc]
    """A channel that raises a connection error when its connection is closed."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the connection is closed")
        return super()._connparams(asynchronous=asynchronous)


class Transport(_Transport):  # type: ignore[misc]
    """The transport of such channels."""

    Channel = Channel


def install() -> None:
    """Make Kombu use this transport for `redis://` and `rediss://`; named otherwise, those would lose their meaning."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport"))
