"""Digests of a copy: equal where two copies hold the same offers, in whatever database and by whatever history.

The digest of an account's offers is SHA-256, in hexadecimal, over the text

    emagsync offers 1
    <id> <fingerprint>
    <id> <fingerprint>
    ...

with a line for each offer that is not marked removed, in the order of their ids, every line ended by a line feed. The
fingerprint is that of the whole row as eMAG sent it last (`marketplace.rows.fingerprint`, with `DIGEST_VERSION`), so
neither the order of keys nor the spelling of numbers matters. Nor does in which of its ways eMAG says nothing, or
whether a row names the companies of GPSR (`marketplace.rows.comparison`): a copy keeps the fuller form, which it has
only of those offers that were ever asked for by id. Every other difference of any field does.

The fingerprint that is stored with an offer cannot serve: it changes exactly when the content does, but where it began
depends on how eMAG spelled the row when it was first read. A digest of those (`read_state`) tells only whether one copy
is still what it was; it costs a twentieth. Why it is done so: docs/decisions/0009.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.marketplace.rows.comparison import as_listed
from emagsync.marketplace.rows.fingerprint import fingerprint
from emagsync.offers import digest_repository

DIGEST_VERSION: Final = 1
"""To be raised when the same row would get another fingerprint: digests of different versions cannot be compared."""

_HEADING: Final = f"emagsync offers {DIGEST_VERSION}\n"
# Rows that are hashed before other tasks get to run.
_ROWS_AT_ONCE: Final = 50


class CopyDigest(NamedTuple):
    """How many offers a copy holds, removed ones left out, and their digest: 64 hexadecimal characters."""

    offers: int
    digest: str


def content_line(emag_id: int, row: str) -> str:
    """The line of one offer; `row` is its JSON as eMAG sent it."""
    return f"{emag_id} {fingerprint(as_listed(row.encode()), DIGEST_VERSION)}\n"


async def read_digest(connection: AsyncConnection, account: str) -> CopyDigest:
    """The digest of an account's copy, with memory that does not grow with it. `connection` is a snapshot."""
    digest, offers = hashlib.sha256(_HEADING.encode()), 0
    async for rows in digest_repository.payloads(connection, account):
        for some in _portions(rows):
            digest.update("".join(content_line(emag_id, row) for emag_id, row in some).encode())
            await asyncio.sleep(0)
        offers += len(rows)
    return CopyDigest(offers, digest.hexdigest())


async def read_state(connection: AsyncConnection, account: str) -> CopyDigest:
    """The digest of an account's ids and fingerprints as stored: the same as long as none of its offers changes.

    Equal states mean equal content. Unequal ones, of two copies, mean nothing.
    """
    state, offers = hashlib.sha256(), 0
    async for pairs in digest_repository.tokens(connection, account):
        state.update("".join(f"{emag_id} {token}\n" for emag_id, token in pairs).encode())
        offers += len(pairs)
    return CopyDigest(offers, state.hexdigest())


def digest_of_all(copies: Iterable[tuple[str, CopyDigest]]) -> str:
    """One digest of several accounts: SHA-256 over lines `<account> <offers> <digest>` in the order of their names.

    An account without offers is left out: it makes no difference whether it had some once.
    """
    lines = [f"{account} {copy.offers} {copy.digest}\n" for account, copy in sorted(copies) if copy.offers]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _portions(rows: Sequence[tuple[int, str]]) -> Iterable[Sequence[tuple[int, str]]]:
    return (rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE))
