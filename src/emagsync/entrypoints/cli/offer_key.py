"""How commands are told which offer is meant: by eMAG's id, or by one of its codes."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.session import Session
from emagsync.offers.code_repository import CodeKind
from emagsync.offers.finding import offer_by_code

EmagId = Annotated[
    int | None,
    typer.Argument(help="The offer's id (the seller's own), where no option names the offer.", show_default=False),
]
PartNumber = Annotated[
    str | None, typer.Option(metavar="SKU", help="The offer with exactly this part number.", show_default=False)
]
PartNumberKey = Annotated[
    str | None, typer.Option(metavar="PNK", help="The offer with this part number key.", show_default=False)
]
# Of lists, which are narrowed to the offers with a code.
OfPartNumber = Annotated[
    str | None, typer.Option("--part-number", metavar="SKU", help="Only of this part number.", show_default=False)
]
OfPartNumberKey = Annotated[
    str | None, typer.Option("--part-number-key", metavar="PNK", help="Only of this PNK.", show_default=False)
]
OfEan = Annotated[str | None, typer.Option("--ean", metavar="EAN", help="Only of this EAN.", show_default=False)]
Ean = Annotated[str | None, typer.Option(metavar="EAN", help="The offer with this EAN.", show_default=False)]


def emag_id_of(
    session: Session,
    account: str,
    emag_id: int | None,
    *,
    part_number: str | None,
    part_number_key: str | None,
    ean: str | None,
) -> int:
    """eMAG's id of the offer. Exits where it is named twice or not at all; raises NoOfferWithCode, SeveralOffers."""
    codes = {
        CodeKind.PART_NUMBER: part_number,
        CodeKind.PART_NUMBER_KEY: part_number_key,
        CodeKind.EAN: ean,
    }
    given = [(kind, code) for kind, code in codes.items() if code is not None]
    if len(given) + (emag_id is not None) != 1:
        complain("Name one offer: by its id, or by one of --part-number, --part-number-key and --ean.")
        raise typer.Exit(ExitCode.USAGE)
    return emag_id if emag_id is not None else asyncio.run(_found(session, account, *given[0]))


async def _found(session: Session, account: str, kind: CodeKind, code: str) -> int:
    async with session.database() as database:
        return (await offer_by_code(database, kind, code, [account])).emag_id
