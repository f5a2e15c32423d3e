"""Which fields of an offer can be edited, and who wins where an offer changed both here and on eMAG.

The names are here because settings name them too; nothing else lists them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, NamedTuple, cast, get_args


class EditableField(StrEnum):
    """A field of an offer that can be edited and sent to eMAG."""

    SALE_PRICE = "sale_price"
    RECOMMENDED_PRICE = "recommended_price"
    MIN_SALE_PRICE = "min_sale_price"
    MAX_SALE_PRICE = "max_sale_price"
    STOCK = "stock"
    HANDLING_TIME = "handling_time"
    VAT_ID = "vat_id"
    STATUS = "status"


class ConflictStrategy(StrEnum):
    """Who wins where an offer changed on both sides."""

    EMAG_PRIORITY = "emag_priority"
    LOCAL_PRIORITY = "local_priority"
    NEWEST_WINS = "newest_wins"
    MANUAL = "manual"


Owner = Literal["local", "emag"]
ALL_ACCOUNTS: Final = ""


class FieldOwner(NamedTuple):
    """Whose value of a field wins, in one account or in `ALL_ACCOUNTS`."""

    account: str
    field: EditableField
    owner: Owner


def parse_strategies(text: str) -> dict[str, ConflictStrategy]:
    """`manual, fbe=newest_wins` as strategies by account; one without a name is for `ALL_ACCOUNTS`. Raises
    ValueError."""
    strategies: dict[str, ConflictStrategy] = {}
    for account, strategy in _pairs(text):
        if strategy not in tuple(ConflictStrategy) or "." in account:
            names = ", ".join(ConflictStrategy)
            raise ValueError(f"{strategy!r} is not one of {names}; for one account, write fbe=manual")
        strategies[account] = ConflictStrategy(strategy)
    return strategies


def parse_owners(text: str) -> list[FieldOwner]:
    """`stock=local, fbe.sale_price=emag` as owners, those for all accounts first. Raises ValueError."""
    owners: list[FieldOwner] = []
    for name, owner in _pairs(text):
        account, _, field = name.rpartition(".")
        if owner not in get_args(Owner) or field not in tuple(EditableField):
            fields = ", ".join(EditableField)
            raise ValueError(f"{name}={owner} is not of the form stock=local or fbe.sale_price=emag; fields: {fields}")
        owners.append(FieldOwner(account, EditableField(field), cast("Owner", owner)))
    return sorted(owners, key=lambda one: one.account != ALL_ACCOUNTS)


def _pairs(text: str) -> list[tuple[str, str]]:
    """`manual, fbe=newest_wins` as `("", "manual"), ("fbe", "newest_wins")`."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    named = [part.rpartition("=") for part in parts]
    return [(name.strip(), value.strip()) for name, _, value in named]
