"""Whose calls are recorded."""

from __future__ import annotations

from typing import NamedTuple


class Credentials(NamedTuple):
    """The API user whose calls are recorded."""

    username: str
    password: str
