"""From an offer as eMAG's client reads it to the record that the local copy stores."""

from __future__ import annotations

from operator import attrgetter

import orjson

from emagsync.marketplace.rows.parse import ParsedRow, ProductOffer, Remark
from emagsync.offers.records import OfferRecord

_COMPUTED = ("eans", "sellable", "not_sellable", "remarks", "fingerprint", "raw_digest", "payload")
# By position, and all at once: by name they take three times as long.
_as_it_is = attrgetter(*OfferRecord._fields[: -len(_COMPUTED)])
assert OfferRecord._fields[-len(_COMPUTED) :] == _COMPUTED  # noqa: S101 - the order below


def record_of(offer: ProductOffer, row: ParsedRow, digest: bytes, *, token: str | None = None) -> OfferRecord:
    """The columns of `offers`, and the row's own bytes as text. `token` is that of the content, if it is known."""
    return OfferRecord._make(
        (
            *_as_it_is(offer),
            " ".join(offer.eans),
            offer.sellable,
            " ".join(offer.not_sellable),
            _remarks_text(row.remarks),
            token or digest.hex(),
            digest,
            row.text,
        )
    )


def _remarks_text(remarks: tuple[Remark, ...]) -> str | None:
    return orjson.dumps([[remark.field, remark.reason] for remark in remarks]).decode() if remarks else None
