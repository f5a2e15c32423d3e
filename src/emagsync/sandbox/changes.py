"""Changes made to an account's offers from outside the API, as the seller's staff or eMAG would make them."""

import contextlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Refusal
from emagsync.sandbox.catalogue import MAX_ID
from emagsync.sandbox.codec import encode
from emagsync.sandbox.offer_values import apply_values, multiplied_prices
from emagsync.sandbox.row_seed import row_seed_of
from emagsync.sandbox.rows import build_row
from emagsync.sandbox.settings import SandboxError


class CatalogueChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One change.

    * ``change``: set the keys of ``set`` and drop those of ``unset``, on the offers ``ids``;
    * ``remove``: the offers ``ids`` vanish;
    * ``add``: the offers of ``rows`` appear, each its ``id`` and what differs from a generated row (with ``whole``: the
      row exactly as given); or ``count`` generated ones behind the largest id;
    * ``odd_rows``: the ``rows``, any JSON at all, are served behind offer ``after`` (0: first);
    * ``clear_odd_rows`` drops them all;
    * ``start_scheduled``: what saves with a ``start_date`` scheduled for the offers ``ids`` (or all) begins now;
    * ``reprice``: the prices of offers (``ids`` or all) that are kept in ``currency_type`` are multiplied by
      ``factor``, as eMAG does at the start of every month;
    * ``join_campaign``: the offers ``ids`` are in a campaign with stock in site, so that eMAG refuses their updates;
    * ``leave_campaign``: the campaign has ended for the offers ``ids``, or for all.
    """

    op: str = "change"
    ids: list[int] = msgspec.field(default_factory=list)
    set: dict[str, Any] = msgspec.field(default_factory=dict)
    unset: list[str] = msgspec.field(default_factory=list)
    rows: list[Any] = msgspec.field(default_factory=list)
    count: int = 0
    after: int = 0
    whole: bool = False
    currency_type: str = "EUR"
    factor: str = "1.01"


def change_from(values: Any) -> CatalogueChange:
    """A change from plain values. Raises :class:`SandboxError` for what makes no sense."""
    try:
        change = msgspec.convert(values, CatalogueChange)
    except msgspec.ValidationError as error:
        raise SandboxError(f"change: {error}") from error
    if change.op not in _OPERATIONS:
        raise SandboxError(f"change: op is one of {', '.join(_OPERATIONS)}, not {change.op!r}.")
    return change


def apply_change(account: Account, change: CatalogueChange) -> list[int]:
    """Make the change and return the ids that it concerned.

    Raises:
        SandboxError: an id is unknown, taken or impossible; nothing was changed by the offending entry.
    """
    return _OPERATIONS[change.op](account, change)


def _change(account: Account, change: CatalogueChange) -> list[int]:
    _known(account, change.ids)
    if "id" in change.set or "id" in change.unset:
        raise SandboxError("change: an id cannot be changed; remove the offer and add another.")
    for emag_id in change.ids:
        row = account.catalogue.build(emag_id) | change.set
        for key in change.unset:
            row.pop(key, None)
        account.catalogue.put(emag_id, row)
    return change.ids


def _remove(account: Account, change: CatalogueChange) -> list[int]:
    return [emag_id for emag_id in change.ids if account.catalogue.remove(emag_id)]


def _add(account: Account, change: CatalogueChange) -> list[int]:
    last = max(account.ids(), default=0)
    rows = change.rows or [{"id": last + 1 + step} for step in range(change.count)]
    ids = [_new_id(account, row) for row in rows]
    for emag_id, row in zip(ids, rows, strict=True):
        account.catalogue.put(emag_id, row if change.whole else template(account, emag_id) | row)
    return ids


def template(account: Account, emag_id: int) -> dict[str, Any]:
    """A generated row for an id that the account has not used yet."""
    return build_row(account.seed, emag_id, row_seed_of(account.seed, emag_id), account.platform)


def _new_id(account: Account, row: Any) -> int:
    emag_id = row.get("id") if isinstance(row, dict) else None
    if not isinstance(emag_id, int) or isinstance(emag_id, bool) or not 1 <= emag_id <= MAX_ID:
        raise SandboxError(f"change: a row to add needs a whole id of 1 to {MAX_ID}, not {emag_id!r}.")
    if emag_id in account.catalogue:
        raise SandboxError(f"change: account {account.name} has an offer {emag_id} already; change it instead.")
    return emag_id


def _odd_rows(account: Account, change: CatalogueChange) -> list[int]:
    for row in change.rows:
        account.catalogue.put_odd(encode(row), change.after)
    return []


def _clear_odd_rows(account: Account, change: CatalogueChange) -> list[int]:
    account.catalogue.clear_odd()
    return []


def apply_due(account: Account, today: date) -> None:
    """Let begin what was scheduled for *today* or before."""
    for emag_id, values in account.due(today):
        _begin(account, emag_id, values)


def _start_scheduled(account: Account, change: CatalogueChange) -> list[int]:
    begun = account.due(date.max, change.ids)
    for emag_id, values in begun:
        _begin(account, emag_id, values)
    return [emag_id for emag_id, _ in begun]


def _begin(account: Account, emag_id: int, values: dict[str, Any]) -> None:
    if emag_id not in account.catalogue:
        return
    row = account.catalogue.build(emag_id) | {"start_date": None}
    # What was right when it was scheduled may be outside the limits that were saved since: it is dropped then.
    with contextlib.suppress(Refusal):
        apply_values(row, values, account.platform)
        row |= {key: values[key] for key in ("warranty",) if key in values}
        account.catalogue.put(emag_id, row)


def _reprice(account: Account, change: CatalogueChange) -> list[int]:
    try:
        factor = Decimal(change.factor)
    except InvalidOperation:
        raise SandboxError(f"change: factor is a number, not {change.factor!r}.") from None
    repriced = []
    for emag_id in change.ids or account.ids():
        row = account.catalogue.build(emag_id)
        if row.get("currency_type") == change.currency_type:
            row |= multiplied_prices(row, factor)
            account.catalogue.put(emag_id, row)
            repriced.append(emag_id)
    return repriced


def _join_campaign(account: Account, change: CatalogueChange) -> list[int]:
    account.in_campaign |= set(_known(account, change.ids))
    return change.ids


def _leave_campaign(account: Account, change: CatalogueChange) -> list[int]:
    left = sorted(account.in_campaign & set(change.ids) if change.ids else account.in_campaign)
    account.in_campaign -= set(left)
    return left


def _known(account: Account, ids: list[int]) -> list[int]:
    if unknown := [emag_id for emag_id in ids if emag_id not in account.catalogue]:
        raise SandboxError(f"change: account {account.name} has no offer {unknown[0]}.")
    return ids


_OPERATIONS: Final[dict[str, Callable[[Account, CatalogueChange], list[int]]]] = {
    "change": _change,
    "remove": _remove,
    "add": _add,
    "odd_rows": _odd_rows,
    "clear_odd_rows": _clear_odd_rows,
    "start_scheduled": _start_scheduled,
    "reprice": _reprice,
    "join_campaign": _join_campaign,
    "leave_campaign": _leave_campaign,
}
