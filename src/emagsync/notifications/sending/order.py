"""What the process that sends is told, and what it answers. JSON on its standard input and output."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message, and whom to tell. `target` is an address of apprise's, or the parts of a mail server and a mail.

    `only_check`: nothing is sent; the answer says whether the target is complete.
    """

    target: str | dict[str, Any]
    title: str = ""
    text: str = ""
    allow_private: bool = False
    only_check: bool = False


# How it ended. `failed`: surely not taken; `unknown`: perhaps taken.
End = Literal["delivered", "failed", "timed_out", "unknown", "gone", "incomplete"]


class Answer(msgspec.Struct, frozen=True):
    """How it ended; `status` is the number that the service answered with, `why` a code, never words of others."""

    end: End
    status: int | None = None
    why: str | None = None
