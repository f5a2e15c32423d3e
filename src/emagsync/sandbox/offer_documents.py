"""A product that ``product_offer/save`` creates, attaches or updates: which keys it needs, and what they may hold."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Refusal
from emagsync.sandbox.changes import template
from emagsync.sandbox.filters import matching
from emagsync.sandbox.offer_values import PRICES, apply_values, choice, invalid, price_of
from emagsync.sandbox.row_seed import natural_or_none
from emagsync.sandbox.rows import validation

ALREADY_HELD: Final = "You already hold a Product associated with this PN"
_UPDATE_NEEDS: Final = ("status", "sale_price", "vat_id", "handling_time", "stock")
_CREATE_NEEDS: Final = ("name", "min_sale_price", "max_sale_price")
_NEW_PRODUCT_NEEDS: Final = ("category_id", "part_number", "brand")
# Keys whose values are shown as they were sent. Unknown keys are ignored; others have rules of their own.
_PLAIN: Final = (
    *("name", "brand", "part_number", "category_id", "vendor_category_id", "description", "url", "images"),
    *("attachments", "characteristics", "family", "warranty", "weight", "safety_information", "manufacturer"),
    *("eu_representative", "green_tax"),
)
_TEXTS: Final = ("name", "brand", "part_number", "description", "url")
_LISTS: Final = ("images", "attachments", "characteristics")
_DETAILS: Final = ("emag_club", "supply_lead_time", "warranty_type")
# What a future `start_date` schedules.
_SCHEDULED: Final = (*PRICES, "stock", "handling_time", "vat_id", "warranty", "status")
_LONGEST_WARRANTY: Final = 255
_LATEST_START_DAYS: Final = 60
_DATE_FORMAT: Final = "%Y-%m-%d"


class AlreadyHeld(Refusal):
    """The account has the product already. eMAG then saves nothing of the whole list [seen]."""

    def __init__(self) -> None:
        super().__init__(ALREADY_HELD)


class ProductSaves:
    """The entities of one ``product_offer/save``, judged one after the other."""

    def __init__(self, account: Account, today: date) -> None:
        self._account, self._today = account, today
        self._keys: set[str] = set()
        self._starts: dict[int, Any] = {}

    def row(self, emag_id: int, entity: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
        """The offer's row after the save; *known* is the row before it. Raises :class:`Refusal`."""
        self._check_start(emag_id, entity)
        _check_keys(entity, self._account.platform.code)
        row = dict(known) if known is not None else self._new_row(emag_id, entity)
        later = known is not None and entity.get("start_date") is not None
        now = {key: value for key, value in entity.items() if not (later and key in _SCHEDULED)}
        if later:
            apply_values(dict(row), entity, self._account.platform)
        apply_values(row, now, self._account.platform)
        row |= {key: now[key] for key in _PLAIN if key in now}
        details = {key: entity[key] for key in _DETAILS if key in entity}
        if details or known is None:
            row["offer_details"] = {**(row.get("offer_details") or {}), **details}
        if entity.get("ean") is not None:
            row["ean"] = _eans(entity)
        if later:
            self._account.schedule(emag_id, _start(entity), {key: entity[key] for key in _SCHEDULED if key in entity})
        if entity.get("start_date") is not None:
            row["start_date"] = _start(entity).strftime(_DATE_FORMAT)
        return row

    def _check_start(self, emag_id: int, entity: dict[str, Any]) -> None:
        start = entity.get("start_date")
        if emag_id in self._starts and (self._starts[emag_id] is None) != (start is None):
            raise Refusal("One request cannot hold a value for now and one with a future start_date")
        self._starts[emag_id] = start
        if start is not None and not 1 <= (_start(entity) - self._today).days <= _LATEST_START_DAYS:
            raise invalid("start_date", f"a day from tomorrow to {_LATEST_START_DAYS} days ahead")

    def _new_row(self, emag_id: int, entity: dict[str, Any]) -> dict[str, Any]:
        key, is_attached = entity.get("part_number_key"), _is_attached(entity)
        if key is not None:
            if key in self._keys or matching(self._account.catalogue, (("part_number_key", str(key)),)):
                raise AlreadyHeld
            self._keys.add(key)
        needed = _CREATE_NEEDS if is_attached else (*_CREATE_NEEDS, *_NEW_PRODUCT_NEEDS)
        if missing := [name for name in needed if not entity.get(name)]:
            raise Refusal(f"To create an offer, give {', '.join(missing)}")
        if str(entity["status"]) == "2":
            raise invalid("status", "0 or 1 for a new offer")
        row = template(self._account, emag_id)
        row |= dict.fromkeys(PRICES) | {"part_number_key": key, "ean": [], "part_number": "", "start_date": None}
        row["offer_details"] = {**row["offer_details"], "emag_club": 1}
        row["validation_status"] = [validation(9 if is_attached else 1)]
        row["offer_validation_status"] = {"value": 1, "description": "Saleable", "errors": None}
        return row


def _check_keys(entity: dict[str, Any], platform: str) -> None:
    if missing := [key for key in _UPDATE_NEEDS if entity.get(key) is None]:
        raise Refusal(f"Missing {', '.join(missing)}")
    if entity.get("part_number_key") is not None and entity.get("ean"):
        raise Refusal("Give part_number_key or ean, not both")
    if "emag_club" in entity:
        choice(entity, "emag_club", (0, 1))
    if entity.get("warranty") is not None:
        months = natural_or_none(entity["warranty"])
        if months is None or months > _LONGEST_WARRANTY:
            raise invalid("warranty", f"0 to {_LONGEST_WARRANTY} months")
    if entity.get("green_tax") is not None:
        if platform != "emag-ro":
            raise Refusal("green_tax is for emag-ro only")
        price_of(entity, "green_tax")
    _check_types(entity)


def _check_types(entity: dict[str, Any]) -> None:
    """Raise :class:`Refusal` where content is not of the documented type; null stands for nothing."""
    for key in _TEXTS:
        if isinstance(entity.get(key), bool | list | dict):
            raise invalid(key, "text")
    for key in _LISTS:
        found = entity.get(key) or []
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise invalid(key, "a list of objects")
    if entity.get("category_id") is not None and natural_or_none(entity["category_id"]) is None:
        raise invalid("category_id", "a whole number")
    for image in entity.get("images") or []:
        if image.get("display_type") is not None:
            choice(image, "display_type", (0, 1, 2))


def _is_attached(entity: Mapping[str, Any]) -> bool:
    """Whether the entity names a product of eMAG's catalogue rather than describing one of its own."""
    if entity.get("part_number_key") is not None:
        return True
    return bool(entity.get("ean")) and not any(entity.get(name) for name in ("category_id", "brand"))


def _eans(entity: Mapping[str, Any]) -> list[str]:
    given = entity["ean"]
    eans = [str(ean) for ean in given] if isinstance(given, list) else [str(given)]
    if not all(ean.isdecimal() for ean in eans):
        raise invalid("ean", "digits")
    if len(eans) > 1 and _is_attached(entity):
        raise invalid("ean", "one EAN")
    return eans


def _start(entity: Mapping[str, Any]) -> date:
    try:
        return datetime.strptime(str(entity["start_date"])[:10], _DATE_FORMAT).date()  # noqa: DTZ007 - a local day
    except ValueError:
        raise invalid("start_date", "YYYY-MM-DD") from None
