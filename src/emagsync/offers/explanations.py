"""Why an offer does not sell, in plain words. Meanings of the numbers: eMAG's API documentation, v4.4.9."""

from __future__ import annotations

import re

STATUS_WORDS = {0: "inactive", 1: "active", 2: "end of life"}

_REASONS = {
    "inactive": "it is inactive: set its status to active",
    "end_of_life": "it is at its end of life",
    "unknown_status": "its status is none that eMAG documents",
    "no_stock": "it is out of stock",
    "unknown_stock": "its stock could not be read",
    "invalid_price": "eMAG finds its price invalid: check it against its minimum and maximum price",
    "unknown_offer_validation": "eMAG does not say whether its price is valid",
    "unknown_validation": "eMAG does not say whether its documentation is approved",
}
_VALIDATIONS = {
    0: "its documentation is a draft",
    1: "its documentation is being validated by the marketplace",
    2: "its brand awaits validation",
    4: "its new documentation awaits validation",
    5: "its brand was rejected",
    6: "its EAN was rejected",
    8: "its documentation was rejected",
    10: "it is blocked by eMAG",
    13: "its translation awaits the offer",
    14: "its translation failed",
    15: "its translation is in progress",
    16: "its translation is pending",
}
_NUMBERED = re.compile(r"^(offer_)?validation_(-?\d+)$")


def explain(code: str) -> str:
    """A code of `Offer.not_sellable` in words; one that is not known stays as it is."""
    if code in _REASONS:
        return _REASONS[code]
    match = _NUMBERED.match(code)
    if match is None:
        return code
    number = int(match[2])
    if match[1]:
        return f"the validation of its price is {number}, which eMAG does not document"
    return _VALIDATIONS.get(number, f"its validation status is {number}, which does not sell")
