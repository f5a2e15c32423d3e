"""Offers as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import orjson
import typer

from emagsync.core import money
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment, printable
from emagsync.offers.explanations import STATUS_WORDS, explain
from emagsync.offers.reference_data import References
from emagsync.offers.schemas import Offer, OfferDetail, OfferList
from emagsync.offers.selection import SortKey

_NAME_LENGTH = 60
_COLUMNS = ("account", "id", "SKU", "PNK", "name", "price", "currency", "stock", "status", "sells")


# The times by which a list may be ordered, each as its column is called and the value that it shows.
_TIMES: Mapping[SortKey, tuple[str, Callable[[Offer], datetime]]] = {
    SortKey.CREATED: ("first seen", lambda offer: offer.first_seen_at),
    SortKey.UPDATED: ("changed", lambda offer: offer.changed_at),
    SortKey.SYNCED: ("last seen", lambda offer: offer.last_seen_at),
}


def print_offers(found: OfferList, skip: int, sorted_by: SortKey) -> None:
    """Print a table of offers, and which part of the selection it is. What it is sorted by is in the table."""
    if not found.offers:
        typer.echo("No offers here." if found.total else "No offers match; `emagsync sync` reads them from eMAG.")
        return
    columns, rows = list(_COLUMNS), [list(_row(offer)) for offer in found.offers]
    if sorted_by in _TIMES:
        name, time_of = _TIMES[sorted_by]
        columns.append(name)
        for row, offer in zip(rows, found.offers, strict=True):
            row.append(moment(time_of(offer)))
    print_table(
        columns,
        rows,
        numeric=("id", "price", "stock"),
        optional=[name for name in ("PNK", "status", "SKU") if (sorted_by, name) != (SortKey.PART_NUMBER, "SKU")],
        shortened="name",
    )
    typer.echo(f"{skip + 1:,}-{skip + len(found.offers):,} of {found.total:,}")


def _row(offer: Offer) -> tuple[str, ...]:
    name = offer.name or "-"
    return (
        offer.account,
        str(offer.emag_id),
        offer.part_number or "-",
        offer.part_number_key or "-",
        name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…",
        money.text(offer.sale_price) or "-",
        offer.currency,
        str(offer.stock),
        "removed" if offer.removed_at else _status(offer),
        "yes" if offer.sellable and not offer.removed_at else "no",
    )


def detail_document(detail: OfferDetail, known: References) -> dict[str, Any]:
    """The JSON document of `emagsync offers show --json`; the payload is JSON in it, not text."""
    return {
        "offer": detail.offer,
        "meanings": meanings_of(detail.offer, known),
        "why_not_sellable": [explain(code) for code in detail.offer.not_sellable],
        "remarks": detail.remarks,
        "changes": detail.changes,
        "payload": None if detail.payload is None else orjson.Fragment(detail.payload),
    }


def meanings_of(offer: Offer, known: References) -> dict[str, str | None]:
    """What eMAG's numbers of an offer mean, as far as that is known."""
    rate = known.vat_rates.get((offer.account, offer.vat_id or 0))
    price = offer.sale_price
    return {
        "vat_rate": money.text(rate),
        "category_name": known.categories.get((offer.account, offer.category_id or 0)),
        "sale_price_with_vat": None if rate is None or price is None else money.text(money.with_vat(price, rate)),
    }


def print_detail(detail: OfferDetail, known: References) -> None:
    """Print everything about one offer, in paragraphs."""
    offer = detail.offer
    typer.echo(printable(f"{offer.account} {offer.emag_id}: {offer.name or 'without a name'}"))
    typer.echo(_verdict(offer))
    for code in offer.not_sellable:
        typer.echo(f"  - {explain(code)}")
    for name, value in offer.model_dump(mode="json").items():
        if value not in (None, "", []) and name not in ("account", "emag_id", "name", "not_sellable", "sellable"):
            typer.echo(printable(f"{name:32}{_text(value)}"))
    for name, text in meanings_of(offer, known).items():
        if text is not None:
            typer.echo(printable(f"{name:32}{text}"))
    for remark in detail.remarks:
        typer.echo(printable(f"could not be read: {remark.field}: {remark.reason}"))
    if detail.changes:
        print_table(
            ("changed", "field", "old", "new", "by"),
            [
                (
                    moment(change.at),
                    change.field,
                    _amount(change.old, change.old_currency),
                    _amount(change.new, change.currency),
                    change.source,
                )
                for change in detail.changes
            ],
        )
    if detail.payload is not None:
        typer.echo("as eMAG sent it:")
        # Formatted as text: through a reader, a number such as 121.8400 would lose its zeros.
        for line in msgspec.json.format(detail.payload, indent=2).splitlines():
            typer.echo(printable(line))


def _amount(text: str | None, currency: str | None) -> str:
    """A value of the change log, an amount with what it is in."""
    return " ".join(part for part in (text or "-", currency) if part)


def _verdict(offer: Offer) -> str:
    if offer.removed_at is not None:
        return f"Removed: eMAG was found not to know it any more at {moment(offer.removed_at)}."
    if offer.sellable:
        return "It sells: it is active, in stock, and eMAG accepts its price and its documentation."
    return "It does not sell:"


def _status(offer: Offer) -> str:
    return STATUS_WORDS.get(offer.status, str(offer.status)) if offer.status is not None else "-"


def _text(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
