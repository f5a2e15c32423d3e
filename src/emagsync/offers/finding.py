"""Finding one offer by what names it exactly."""

from __future__ import annotations

from collections.abc import Sequence

from emagsync.db.engine import Database
from emagsync.offers.code_repository import CodeKind, NamedOffer, named_offer, offers_with
from emagsync.offers.errors import NoOfferWithCode, OfferNotFound, SeveralOffers


async def offer_by_id(database: Database, account: str, emag_id: int) -> NamedOffer:
    """The offer with eMAG's id in this account, also one that was removed. Raises OfferNotFound."""
    async with database.snapshot() as connection:
        found = await named_offer(connection, account, emag_id)
    if found is None:
        raise OfferNotFound(account, emag_id)
    return found


async def offer_by_code(database: Database, kind: CodeKind, code: str, accounts: Sequence[str] = ()) -> NamedOffer:
    """The one offer with this code, of these accounts or of all.

    Raises NoOfferWithCode, and SeveralOffers, which names those that have it.
    """
    async with database.snapshot() as connection:
        matches = (await offers_with(connection, kind, [code], accounts)).get(code, [])
    if not matches:
        raise NoOfferWithCode(kind.value, code, accounts)
    if len(matches) > 1:
        raise SeveralOffers(kind.value, code, [match._asdict() for match in matches])
    return matches[0]
