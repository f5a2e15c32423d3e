"""JSON as the sandbox speaks it: decimals instead of floats on the way in, plain numbers on the way out."""

from decimal import Decimal
from typing import Any

import msgspec
import orjson

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(data: bytes | str) -> Any:
    """Decode JSON with every non-integer number as :class:`decimal.Decimal`.

    Raises:
        ValueError: the text is not JSON.
    """
    return _DECODER.decode(data)


def encode(value: Any) -> bytes:
    """Encode to JSON; a ``Decimal`` becomes a number with exactly its digits."""
    return _ENCODER.encode(value)


def as_served(data: bytes) -> Any:
    """What an ordinary JSON reader makes of *data* (numbers with a point are floats)."""
    return orjson.loads(data)
