"""Time zones that come in, in parameters and bodies."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field


def known_zone(name: str) -> str:
    """The name of a time zone of the IANA database. Raises ValueError for any other text."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder or too long, no name at all
        raise ValueError(f"{name!r} is not a time zone such as Europe/Bucharest.") from None
    return name


TimeZone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(known_zone)]
