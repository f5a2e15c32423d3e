"""Which offer a request names: by eMAG's id, a part number, a PNK or an EAN, and whether it has the codes beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.offer_repository import (
    accounts_with_offers,
    ids_of_codes,
    ids_of_part_numbers,
    spellings_of_numbers,
)
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.part_numbers import as_number, same_but_for_spelling
from emagsync.edits.validation import Issue
from emagsync.offers.export_formats import defused, defused_for_csv

# What a request calls a code, where edits call it otherwise.
_FIELD_OF: Final = {"eans": "ean"}


class NamedOffers(NamedTuple):
    """eMAG's ids of the offers with a part number, a PNK or an EAN, by that.

    `twins` are the account's part numbers that a spreadsheet takes for the same number, by that number.
    """

    part_numbers: Mapping[str, Sequence[int]]
    part_number_keys: Mapping[str, Sequence[int]]
    eans: Mapping[str, Sequence[int]]
    twins: Mapping[str, Collection[str]]

    def with_id(self, request: ChangeRequest) -> tuple[ChangeRequest, tuple[Issue, ...]]:
        """The request with eMAG's id, or why there is none."""
        if request.emag_id is not None:
            return request, ()
        if others := self._others_that_it_may_be(request):
            listed = ", ".join(map(repr, sorted(others)[:5]))
            message = (
                f"{request.part_number!r} may be {listed}, of which a spreadsheet makes the same number: "
                "name the offer by emag_id"
            )
            return request, (Issue("part_number", "part_number_ambiguous", message),)
        field, word, given, ids = self._found_by(request)
        if len(ids) == 1:
            return replace(request, emag_id=ids[0]), ()
        if ids:
            several = ", ".join(map(str, ids[:5]))
            message = f"{given!r} is the {word} of several offers ({several}): name one by emag_id"
            values = {"given": given, "offers": several}
            return request, (Issue(_FIELD_OF.get(field, field), f"{field}_repeats", message, values),)
        if not given:
            message = "the row names no offer: give emag_id, a part number (SKU), PNK or EAN"
            return request, (Issue("emag_id", "no_offer_named", message),)
        message = f"account {request.account!r} has no offer with the {word} {given!r}"
        return request, (Issue(_FIELD_OF.get(field, field), "offer_not_found", message, {"given": given}),)

    def _others_that_it_may_be(self, request: ChangeRequest) -> set[str]:
        """The other part numbers that a spreadsheet may have made the request's of."""
        number = request.part_number
        if not (request.is_loose and number):
            return set()
        return set(self.twins.get(as_number(number) or "", ())) - {number}

    def _found_by(self, request: ChangeRequest) -> tuple[str, str, str, Sequence[int]]:
        """By what the request names its offer, the field and the word for it, and the ids of those that match."""
        if number := request.part_number:
            return "part_number", "part number", number, self.part_numbers.get(number, ())
        if pnk := request.part_number_key:
            return "part_number_key", "PNK", pnk, self.part_number_keys.get(pnk, ())
        matches = sorted({one for ean in request.eans for one in self.eans.get(ean, ())})
        return "eans", "EAN", " ".join(request.eans), matches


async def named_offers(connection: AsyncConnection, account: str, requests: Sequence[ChangeRequest]) -> NamedOffers:
    """The offers of the account that the requests without eMAG's id name."""
    nameless = [request for request in requests if request.emag_id is None]
    part_numbers = {request.part_number for request in nameless if request.part_number}
    others = [request for request in nameless if not request.part_number]
    pnks = {request.part_number_key for request in others if request.part_number_key}
    eans = {ean for request in others if not request.part_number_key for ean in request.eans}
    return NamedOffers(
        await ids_of_part_numbers(connection, account, sorted(part_numbers)),
        *(await ids_of_codes(connection, account, pnks, eans) if pnks or eans else ({}, {})),
        await _twins(connection, account, requests),
    )


async def _twins(
    connection: AsyncConnection, account: str, requests: Sequence[ChangeRequest]
) -> Mapping[str, Collection[str]]:
    loose = {as_number(one.part_number) for one in requests if one.is_loose and not one.emag_id and one.part_number}
    numbers = {number for number in loose if number is not None}
    return await spellings_of_numbers(connection, account, numbers) if numbers else {}


async def account_without_offers(connection: AsyncConnection, account: str) -> Issue | None:
    """What is wrong with the account of rows that name no offer of it; None where it has offers."""
    accounts = await accounts_with_offers(connection)
    if account in accounts:
        return None
    listed = ", ".join(accounts) or "none"
    if not account:
        message = f"the row names no account, and neither does `account` for all of them; there are offers of: {listed}"
        return Issue("account", "no_account", message, {"accounts": listed})
    message = f"the local copy has no offers of an account {account!r}; it has those of: {listed}"
    return Issue("account", "account_not_found", message, {"given": account, "accounts": listed})


def codes_that_differ(request: ChangeRequest, offer: StoredOffer) -> list[Issue]:
    """The codes of the request that the offer, which another one of them has found, does not have."""
    issues = []
    if request.part_number_key is not None and request.part_number_key != offer.part_number_key:
        message = f"offer {offer.emag_id} has the PNK {offer.part_number_key!r}, not {request.part_number_key!r}"
        issues.append(Issue("part_number_key", "part_number_key_differs", message))
    if request.eans and not any(same_but_for_spelling(given, ean) for given in request.eans for ean in offer.eans):
        has = ", ".join(offer.eans) or "none"
        message = f"offer {offer.emag_id} has other EANs ({has}), not {' '.join(request.eans)}"
        issues.append(Issue("ean", "ean_differs", message, {"given": " ".join(request.eans), "has": has}))
    return issues


def is_part_number_of(given: str, part_number: str) -> bool:
    """Whether a part number beside an id is the offer's, as it is, as a spreadsheet spells it, or as CSV exports it."""
    exported = (defused(part_number), defused_for_csv(part_number))
    return same_but_for_spelling(given, part_number) or given in {text.removeprefix("'") for text in exported}
