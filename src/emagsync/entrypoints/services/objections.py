"""What eMAG objects to in an offer, out of the row as eMAG sent it."""

from __future__ import annotations

from emagsync.marketplace.rows.parse import payload
from emagsync.marketplace.rows.validation_errors import validation_errors
from emagsync.offers.product_schemas import Objection


def objections_of(row: str, locale: str) -> list[Objection]:
    """The validation errors in `row`, JSON text, in a locale such as `ro_RO`."""
    return [Objection(**error._asdict()) for error in validation_errors(payload(row.encode()), locale)]
