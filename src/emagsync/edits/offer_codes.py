"""Lists of edits, conflicts and lines of the outbox are narrowed to offers by the codes that people know them by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.vocabulary import RequestModel
from emagsync.offers.code_repository import CodeKind, offers_with
from emagsync.offers.offer_keys import Code


class OfferCodes(RequestModel):
    """Filters by codes of an offer, which have to be exact; several have to be of the same offer."""

    part_number: Code | None = Field(default=None, description="Of the offers with this part number (SKU).")
    part_number_key: Code | None = Field(default=None, description="Of the offers with this PNK.")
    ean: Code | None = Field(default=None, description="Of the offers with this EAN.")

    async def offers(self, connection: AsyncConnection) -> Mapping[str, Collection[int]] | None:
        """eMAG's ids of the offers with these codes, by account, removed ones too: their edits are still there. Empty
        where there are none; None where no code is given."""
        given = {kind: code for kind in CodeKind if (code := getattr(self, kind.value)) is not None}
        found: set[tuple[str, int]] | None = None
        for kind, code in given.items():
            matches = (await offers_with(connection, kind, [code], include_removed=True)).get(code, [])
            keys = {(one.account, one.emag_id) for one in matches}
            found = keys if found is None else found & keys
        return None if found is None else _by_account(found)


def _by_account(keys: Collection[tuple[str, int]]) -> dict[str, list[int]]:
    ids: dict[str, list[int]] = defaultdict(list)
    for account, emag_id in sorted(keys):
        ids[account].append(emag_id)
    return dict(ids)
