"""The options that select offers, the same for every command that lists or exports them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from emagsync.core.older_names import newer_word
from emagsync.db.engine import Database
from emagsync.entrypoints.cli.known_account import expect_account
from emagsync.entrypoints.cli.session import Session
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.rest.nearest import nearest_of


class StatusName(StrEnum):
    """An offer's status as the command line spells it."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    END_OF_LIFE = "end_of_life"


# What a list is ordered by where nothing is said: `relevance` of a search, else `account`.
_SORT_KEYS = tuple(key.value for key in SortKey if key is not SortKey.RELEVANCE)
_STATUS_NUMBERS = {StatusName.INACTIVE: 0, StatusName.ACTIVE: 1, StatusName.END_OF_LIFE: 2}

Account = Annotated[str | None, typer.Option(help="Only this account.")]
Search = Annotated[
    str | None,
    typer.Option(help="Words of the name, SKU, PNK, EAN or brand: any order, without diacritics and punctuation too."),
]
Status = Annotated[list[StatusName] | None, typer.Option(help="Only this status; repeatable.")]
Sellable = Annotated[bool | None, typer.Option("--sellable/--not-sellable", help="Only those that (do not) sell.")]
MaxStock = Annotated[int | None, typer.Option(min=0, help="Only offers with at most this stock.")]
Currency = Annotated[str | None, typer.Option(help="Only offers whose prices are in this currency, such as EUR.")]
Removed = Annotated[bool, typer.Option("--include-removed", help="Also offers that eMAG does not know any more.")]


def _sort_words(incomplete: str) -> list[str]:
    """For the completion of shells."""
    sign = "-" if incomplete.startswith("-") else ""
    return [sign + key for key in _SORT_KEYS if key.startswith(incomplete.removeprefix("-"))]


Sort = Annotated[
    str | None,
    typer.Option(
        metavar="[-]KEY",
        autocompletion=_sort_words,
        help=f"Order by {', '.join(_SORT_KEYS[:-1])} or {_SORT_KEYS[-1]}; a - before it reverses the order.",
        show_default=False,
    ),
]


def order_of(sort: str | None, wanted: OfferFilter) -> Order:
    """The order that `--sort` names. Raises typer.BadParameter for a word that names none."""
    if sort is None:
        return Order(SortKey.RELEVANCE if wanted.search else SortKey.ACCOUNT)
    key = sort.removeprefix("-")
    if key not in _SORT_KEYS:
        near = nearest_of(str(newer_word(key)), _SORT_KEYS)
        meant = (
            f"did you mean {sort[: len(sort) - len(key)]}{near}?" if near else f"give one of {', '.join(_SORT_KEYS)}."
        )
        raise typer.BadParameter(f"There is no order {key!r}: {meant}", param_hint="'--sort'")
    return Order(SortKey(key), descending=sort != key)


def offer_filter(
    account: str | None,
    search: str | None,
    status: list[StatusName] | None,
    sellable: bool | None,
    max_stock: int | None,
    include_removed: bool,
    currency: str | None = None,
) -> OfferFilter:
    """The filter that the options describe."""
    return OfferFilter(
        accounts=(account.lower(),) if account else (),
        search=search,
        statuses=tuple(_STATUS_NUMBERS[name] for name in status or ()),
        sellable=sellable,
        max_stock=max_stock,
        include_removed=include_removed,
        currencies=(currency.upper(),) if currency else (),
    )


async def expect_accounts(session: Session, database: Database, wanted: OfferFilter) -> None:
    """Raises SettingsError for an account of the filter that is neither configured nor in the local copy."""
    for name in wanted.accounts:
        await expect_account(session, database, name)
