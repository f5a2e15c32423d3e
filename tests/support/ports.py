"""Free ports, for programs that have to be told one before they start."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Below 32768, where Linux begins to give ports to outgoing connections: between the moment that one is found free and
# the program's start nobody but another test can take it.
_PORTS = range(10_240, 32_768)
_TRIES = 100
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    for _ in range(_TRIES):
        port = _CHANCE.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError(f"no free port among {_TRIES} between {_PORTS.start} and {_PORTS.stop}")
