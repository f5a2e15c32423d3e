"""Offers as text."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import typer

from emagsync.core import money
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment, printable
from emagsync.offers.explanations import STATUS_WORDS, explain
from emagsync.offers.schemas import Offer, OfferDetail, OfferList

_NAME_LENGTH = 60


def print_offers(found: OfferList, skip: int) -> None:
    """Print a table of offers, and which part of the selection it is."""
    if not found.offers:
        typer.echo("No offers here." if found.total else "No offers match; `emagsync sync` reads them from eMAG.")
        return
    print_table(
        ("account", "id", "SKU", "PNK", "name", "price", "currency", "stock", "status", "sells"),
        [_row(offer) for offer in found.offers],
        numeric=("id", "price", "stock"),
        optional=("PNK", "status", "SKU"),
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


def detail_document(detail: OfferDetail) -> dict[str, Any]:
    """The JSON document of `emagsync offers show --json`; the payload is JSON in it, not text."""
    return {
        "offer": detail.offer,
        "why_not_sellable": [explain(code) for code in detail.offer.not_sellable],
        "remarks": detail.remarks,
        "changes": detail.changes,
        "payload": None if detail.payload is None else orjson.Fragment(detail.payload),
    }


def print_detail(detail: OfferDetail) -> None:
    """Print everything about one offer, in paragraphs."""
    offer = detail.offer
    typer.echo(printable(f"{offer.account} {offer.emag_id}: {offer.name or 'without a name'}"))
    typer.echo(_verdict(offer))
    for code in offer.not_sellable:
        typer.echo(f"  - {explain(code)}")
    for name, value in offer.model_dump(mode="json").items():
        if value not in (None, "", []) and name not in ("account", "emag_id", "name", "not_sellable", "sellable"):
            typer.echo(printable(f"{name:32}{_text(value)}"))
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
