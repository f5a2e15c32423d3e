"""Why an offer does or does not sell, in English."""

from __future__ import annotations

WORDS = {
    "sells": "It sells: it is active, in stock, and eMAG accepts its price and its documentation.",
    "does_not_sell": "It does not sell.",
    "removed": "eMAG was found not to know this offer any more.",
    "inactive": "it is inactive: set its status to active",
    "end_of_life": "it is at its end of life",
    "unknown_status": "its status is none that eMAG documents",
    "no_stock": "it is out of stock",
    "unknown_stock": "its stock could not be read",
    "invalid_price": "eMAG finds its price invalid: check it against its minimum and maximum price",
    "offer_validation": "the validation of its price is {number}, which eMAG does not document",
    "unknown_offer_validation": "eMAG does not say whether its price is valid",
    "unknown_validation": "eMAG does not say whether its documentation is approved",
    "validation": "its validation status is {number}, which does not sell",
    "validation_0": "its documentation is a draft",
    "validation_1": "its documentation is being validated by the marketplace",
    "validation_2": "its brand awaits validation",
    "validation_4": "its new documentation awaits validation",
    "validation_5": "its brand was rejected",
    "validation_6": "its EAN was rejected",
    "validation_8": "its documentation was rejected",
    "validation_10": "it is blocked by eMAG",
    "validation_13": "its translation awaits the offer",
    "validation_14": "its translation failed",
    "validation_15": "its translation is in progress",
    "validation_16": "its translation is pending",
}
