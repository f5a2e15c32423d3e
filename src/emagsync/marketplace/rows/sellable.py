"""Whether a customer can buy an offer now, and if not, why.

Source: the API documentation's rule and its table of validation statuses: stock above zero, status 1, offer
validation 1 and a validation status among `SELLABLE_VALIDATIONS`. Codes 13-17 belong to the translation, which the
rule leaves out. What eMAG has not documented is shown and not sellable.
"""

from __future__ import annotations

SELLABLE_VALIDATIONS = frozenset((3, 9, 11, 12))
_STATUS_REASONS = {0: "inactive", 2: "end_of_life"}


def obstacles(
    *, status: int | None, stock: int | None, offer_validation: int | None, validation: int | None
) -> tuple[str, ...]:
    """Stable codes of everything that keeps the offer from sale; empty when it is sellable.

    `inactive`, `end_of_life`, `unknown_status`, `no_stock`, `unknown_stock`, `invalid_price`, `offer_validation_<n>`,
    `unknown_offer_validation`, `validation_<n>`, `unknown_validation`. `None` stands for what could not be read.
    """
    if status == 1 and stock and stock > 0 and offer_validation == 1 and validation in SELLABLE_VALIDATIONS:
        return ()
    found: list[str] = []
    if status != 1:
        found.append("unknown_status" if status is None else _STATUS_REASONS.get(status, "unknown_status"))
    if stock is None:
        found.append("unknown_stock")
    elif stock <= 0:
        found.append("no_stock")
    if offer_validation != 1:
        found.append(_offer_validation_reason(offer_validation))
    if validation not in SELLABLE_VALIDATIONS:
        found.append("unknown_validation" if validation is None else f"validation_{validation}")
    return tuple(found)


def _offer_validation_reason(value: int | None) -> str:
    if value is None:
        return "unknown_offer_validation"
    return "invalid_price" if value == 2 else f"offer_validation_{value}"
