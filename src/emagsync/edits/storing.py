"""Stores plans as new edits, in the transaction of whoever made them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import conflict_repository, repository
from emagsync.edits.fields import PRICES
from emagsync.edits.model import ConflictEnding, Edit, EditClosing
from emagsync.edits.planning import Plan
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import EditSource, EditState, Resolution


class Author(NamedTuple):
    """Who edits, and from where. `needs_approval`: a person has to approve the edits in the outbox."""

    name: str
    source: EditSource
    needs_approval: bool = False


async def store(
    connection: AsyncConnection, plans: Sequence[Plan], author: Author, *, batch_id: str | None, now: datetime
) -> None:
    """Store the changes of the plans as new edits, and close the edits that these replace."""
    replaced = [edit.id for plan in plans for edit in plan.replaced]
    closing = EditClosing(EditState.REPLACED, now, Reason.of(ReasonCode.REPLACED_BY, by=author.name))
    await repository.close(connection, replaced, closing)
    await conflict_repository.end(connection, replaced, ConflictEnding(Resolution.CLOSED, now, author.name))
    new = (
        Edit(
            id=0,
            account=plan.offer.account,
            emag_id=plan.offer.emag_id,
            field=change.field,
            warehouse_id=change.warehouse_id,
            kind=change.kind,
            base=plan.offer.values.get(change.key),
            value=change.value,
            confirmed=plan.confirmed,
            made_by=author.name,
            made_at=now,
            source=author.source,
            needs_approval=author.needs_approval,
            batch_id=batch_id,
            currency=plan.offer.currency if change.field in PRICES else None,
        )
        for plan in plans
        for change in plan.changes
    )
    await repository.insert(connection, new)
