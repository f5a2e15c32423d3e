"""From an offer as eMAG's client reads it to the record that the local copy stores."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

import orjson

from emagsync.marketplace.rows.parse import ParsedRow, ProductOffer, Remark
from emagsync.offers.records import OfferRecord
from emagsync.offers.value_lists import list_text

_COMPUTED = (
    "eans",
    "sellable",
    "not_sellable",
    "remarks",
    "fingerprint",
    "raw_digest",
    "payload",
    "rewrites_payload",
)
# By position, and all at once: by name they take three times as long.
_as_it_is = attrgetter(*OfferRecord._fields[: -len(_COMPUTED)])
assert OfferRecord._fields[-len(_COMPUTED) :] == _COMPUTED  # noqa: S101 - the order below


class Content(NamedTuple):
    """What is to be stored of a row beside its columns: the payload, and where it is not a new content, what stays.

    `token`: that of the content, which is stored already. `digest`: the stored one, which stays. `rewrites_payload`:
    the payload is to be written although the content is the same, because it says more than the stored one.
    """

    payload: bytes
    token: str | None = None
    digest: bytes | None = None
    rewrites_payload: bool = False


def record_of(offer: ProductOffer, row: ParsedRow, digest: bytes, content: Content) -> OfferRecord:
    """The columns of `offers`, and the row as it came; `digest` is that of the row's bytes."""
    return OfferRecord._make(
        (
            *_as_it_is(offer),
            list_text(offer.eans),
            offer.sellable,
            " ".join(offer.not_sellable),
            _remarks_text(row.remarks),
            content.token or digest.hex(),
            content.digest or digest,
            content.payload,
            content.rewrites_payload,
        )
    )


def _remarks_text(remarks: tuple[Remark, ...]) -> str | None:
    return orjson.dumps([[remark.field, remark.reason] for remark in remarks]).decode() if remarks else None
