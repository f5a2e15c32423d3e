"""`emagsync offers set`: changing values of one offer."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.response_schemas import ChangeView, changes_of
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource
from emagsync.entrypoints.cli.editing import author_of, run_edit
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.offer_key import Ean, EmagId, PartNumber, PartNumberKey, emag_id_of
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.edits import changes_text
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.session import session_of

Price = Annotated[str | None, typer.Option(metavar="AMOUNT", help="Without VAT.", show_default=False)]


def set_values(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account.", show_default=False)],
    emag_id: EmagId = None,
    part_number: PartNumber = None,
    part_number_key: PartNumberKey = None,
    ean: Ean = None,
    sale_price: Price = None,
    recommended_price: Price = None,
    min_sale_price: Price = None,
    max_sale_price: Price = None,
    stock: Annotated[int | None, typer.Option(help="Pieces.", show_default=False)] = None,
    stock_change: Annotated[
        int | None, typer.Option(help="Pieces to add to what eMAG has, or to take from it.", show_default=False)
    ] = None,
    handling_time: Annotated[int | None, typer.Option(help="Days until dispatch.", show_default=False)] = None,
    vat_id: Annotated[int | None, typer.Option(help="eMAG's number of the VAT rate.", show_default=False)] = None,
    status: Annotated[Literal["active", "inactive", "end_of_life"] | None, typer.Option(show_default=False)] = None,
    warehouse: Annotated[
        int | None, typer.Option(help="Of stock and handling time, where the offer has several.", show_default=False)
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Accept values that look like a mistake.")] = False,
    as_json: Json = False,
) -> None:
    """Change values of one offer. They are kept here, and sent to eMAG where the account's push is on."""
    account = account.lower()
    asked = {
        "sale_price": sale_price,
        "recommended_price": recommended_price,
        "min_sale_price": min_sale_price,
        "max_sale_price": max_sale_price,
        "stock": stock,
        "stock_change": stock_change,
        "handling_time": handling_time,
        "vat_id": vat_id,
        "status": status,
    }
    given = {name: str(value) for name, value in asked.items() if value is not None}
    if not given:
        complain("Nothing to change: give one of the options, such as --stock 5. `emagsync offers set --help` has all.")
        raise typer.Exit(ExitCode.USAGE)
    session = session_of(context)
    number = emag_id_of(session, account, emag_id, part_number=part_number, part_number_key=part_number_key, ean=ean)
    request = ChangeRequest(given, warehouse_id=warehouse, confirm=confirm)

    async def edit(service: EditService) -> list[ChangeView]:
        return changes_of(await service.edit_offer(account, number, request, author_of(EditSource.CLI)))

    changes = run_edit(session, edit, "offer.edit", f"{account}:{number}", given)
    if as_json:
        print_json({"account": account, "emag_id": number, "changes": changes})
    elif not changes:
        typer.echo(f"{account} {number}: eMAG, or an edit that waits, has these values already.")
    else:
        typer.echo(f"{account} {number}: {changes_text(changes)}")
