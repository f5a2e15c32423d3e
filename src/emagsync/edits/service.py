"""The rules of local edits: who may replace what, all or nothing, and on what they are based."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.edits import conflict_repository, repository
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.conflict_repository import Ended
from emagsync.edits.errors import (
    ConfirmationNeeded,
    EditNotFound,
    EditOver,
    EditRefused,
    EditUnderway,
    PreviewOutdated,
    VersionChanged,
)
from emagsync.edits.fields import VAT_ID
from emagsync.edits.offer_repository import ids_of_part_numbers, key_of, stored_offers, vat_ids_of
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.planning import Effect, Plan, plan, token_of
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.repository import Closed, Edit, NewEdit
from emagsync.edits.states import EditSource, EditState, Resolution
from emagsync.edits.validation import Objection
from emagsync.offers.errors import OfferNotFound, ProductNotFound

_ATTEMPTS = 3
_AT_ONCE = 100


class Author(NamedTuple):
    """Who edits, and by what."""

    name: str
    source: EditSource


@dataclass(frozen=True)
class Line:
    """One row of a list or file: which offer, by eMAG's id or else by part number, and what is asked for."""

    number: int
    account: str
    emag_id: int | None
    part_number: str | None
    wish: ChangeRequest


@dataclass(frozen=True)
class Outlook:
    """What a line comes to: a plan, or why there is none."""

    line: Line
    plan: Plan | None
    errors: tuple[Objection, ...] = ()

    @property
    def effect(self) -> Effect:
        """In one word."""
        return Effect.ERROR if self.plan is None or self.errors else self.plan.effect


@dataclass(frozen=True)
class Outcome:
    """What became of a list: what each line comes to, whether it was kept, and what to hand back to apply it."""

    lines: tuple[Outlook, ...]
    token: str
    batch_id: str | None

    def count(self, effect: Effect) -> int:
        """How many lines come to that."""
        return sum(line.effect is effect for line in self.lines)


class EditService:
    """Keeps, withdraws and finds edits. One per process; `on_edit` is told which accounts have something to send."""

    def __init__(
        self,
        *,
        database: Database,
        settings: EditsSettings,
        clock: Clock,
        on_edit: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._on_edit = on_edit

    async def edit_product(self, product_id: int, wish: ChangeRequest, author: Author) -> Plan:
        """Edit the offer with this id of ours. Raises ProductNotFound, and as `edit_offer` does."""
        async with self._database.snapshot() as connection:
            key = await key_of(connection, product_id)
        if key is None:
            raise ProductNotFound(product_id)
        return await self.edit_offer(*key, wish, author)

    async def edit_offer(self, account: str, emag_id: int, wish: ChangeRequest, author: Author) -> Plan:
        """Keep what `wish` asks for, all of it or nothing; returns the offer with its edits as they were before.

        Raises OfferNotFound, VersionChanged when the wish names a version that is not the offer's, EditRefused and
        ConfirmationNeeded.
        """
        line = Line(1, account, emag_id, None, wish)
        outlook = (await self._apply([line], author, skip_invalid=False, check=_check_one)).lines[0]
        assert outlook.plan is not None  # noqa: S101 - else `_check_one` has raised
        return outlook.plan

    async def preview(self, lines: Sequence[Line]) -> Outcome:
        """What the lines come to; nothing is kept."""
        async with self._database.snapshot() as connection:
            outlooks = await self._outlooks(connection, lines, lock=False)
        return Outcome(outlooks, _token(outlooks), None)

    async def apply(
        self, lines: Sequence[Line], author: Author, *, skip_invalid: bool = False, token: str | None = None
    ) -> Outcome:
        """Keep what the lines ask for: all of it or nothing, or with `skip_invalid` what can be kept.

        `token` of a preview: only exactly what that showed. Raises PreviewOutdated. Without `batch_id` in the answer
        nothing was kept, and the lines say why.
        """

        def check(outlooks: Sequence[Outlook]) -> None:
            if token is not None and token != _token(outlooks):
                raise PreviewOutdated

        return await self._apply(lines, author, skip_invalid=skip_invalid, check=check)

    async def withdraw(self, edit_id: int, by: str) -> Edit:
        """Take back an edit that waits. Raises EditNotFound, EditOver, and EditUnderway while it is being sent."""
        async with self._database.transaction() as connection:
            edit = await repository.get(connection, edit_id)
            if edit is None:
                raise EditNotFound(edit_id)
            await repository.locked(connection, edit.account, [edit.emag_id])
            if edit.emag_id in await repository.in_flight(connection, edit.account, [edit.emag_id]):
                raise EditUnderway(edit_id)
            now = self._clock.now()
            closed = await repository.close(
                connection, [edit_id], Closed(EditState.WITHDRAWN, now, Reason.of(ReasonCode.WITHDRAWN_BY, by=by))
            )
            if not closed:
                raise EditOver(edit_id, edit.state)
            await conflict_repository.end(connection, closed, Ended(Resolution.CLOSED, now, by))
        self._on_edit(edit.account)
        return edit

    async def _apply(
        self,
        lines: Sequence[Line],
        author: Author,
        *,
        skip_invalid: bool,
        check: Callable[[Sequence[Outlook]], None],
    ) -> Outcome:
        for attempt in range(_ATTEMPTS):
            try:
                async with self._database.transaction() as connection:
                    outlooks = await self._outlooks(connection, lines, lock=True)
                    check(outlooks)
                    good = [outlook for outlook in outlooks if outlook.effect in (Effect.OK, Effect.UNCHANGED)]
                    if len(good) < len(outlooks) and not skip_invalid:
                        return Outcome(outlooks, _token(outlooks), None)
                    batch_id = str(uuid.uuid4())
                    plans = [outlook.plan for outlook in good if outlook.plan and outlook.effect is Effect.OK]
                    await self._keep(connection, plans, author, batch_id)
            except ConstraintViolated:
                # Somebody else edited one of the fields at this very moment: look again.
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            break
        for account in {outlook.plan.offer.account for outlook in outlooks if outlook.plan}:
            self._on_edit(account)
        return Outcome(outlooks, _token(outlooks), batch_id)

    async def _keep(self, connection: AsyncConnection, plans: Sequence[Plan], author: Author, batch_id: str) -> None:
        await keep(connection, plans, author, batch_id=batch_id, now=self._clock.now())

    async def _outlooks(self, connection: AsyncConnection, lines: Sequence[Line], *, lock: bool) -> tuple[Outlook, ...]:
        by_account: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            by_account[line.account].append(line)
        found: dict[int, Outlook] = {}
        for account in sorted(by_account):
            found |= await self._of_account(connection, account, by_account[account], lock=lock)
        return tuple(found[line.number] for line in lines)

    async def _of_account(
        self, connection: AsyncConnection, account: str, lines: Sequence[Line], *, lock: bool
    ) -> dict[int, Outlook]:
        numbers = sorted({line.part_number for line in lines if line.emag_id is None and line.part_number})
        named = await ids_of_part_numbers(connection, account, numbers)
        resolved = [_resolved(line, named) for line in lines]
        ids = sorted({line.emag_id for line, _ in resolved if line.emag_id is not None})
        offers = await stored_offers(connection, account, ids, lock=lock)
        edits: dict[int, list[Edit]] = defaultdict(list)
        read = repository.locked if lock else repository.waiting_among
        for edit in await read(connection, account, ids):
            edits[edit.emag_id].append(edit)
        for emag_id in await repository.in_flight(connection, account, ids):
            if emag_id in offers:
                offers[emag_id] = offers[emag_id]._replace(is_sent=True)
        vat_ids = await vat_ids_of(connection, account) if any(VAT_ID in line.wish.given for line in lines) else ()
        met: set[int] = set()
        outlooks: dict[int, Outlook] = {}
        for number, (line, errors) in enumerate(resolved):
            if number % _AT_ONCE == 0:
                # A file of ten thousand rows takes a second or two, in which others have their turn.
                await asyncio.sleep(0)
            outlooks[line.number] = self._outlook(line, errors, offers, edits, met, vat_ids)
        return outlooks

    def _outlook(
        self,
        line: Line,
        errors: tuple[Objection, ...],
        offers: Mapping[int, StoredOffer],
        edits: Mapping[int, Sequence[Edit]],
        met: set[int],
        vat_ids: Collection[int],
    ) -> Outlook:
        if errors or line.emag_id is None:
            return Outlook(line, None, errors)
        offer = offers.get(line.emag_id)
        if offer is None:
            objection = Objection("emag_id", "offer_not_found", f"account {line.account!r} has no offer {line.emag_id}")
            return Outlook(line, None, (objection,))
        if line.emag_id in met:
            return Outlook(line, None, (Objection("emag_id", "offer_repeated", "an earlier row is of this offer too"),))
        met.add(line.emag_id)
        made = plan(
            offer,
            edits.get(line.emag_id, ()),
            line.wish,
            most_percent=self._settings.plausible_change,
            vat_ids=vat_ids,
        )
        changed = line.wish.version is not None and line.wish.version != made.version
        message = "it was changed since it was read: look at it again, then edit it"
        return Outlook(line, made, (Objection("version", "version_changed", message),) if changed else ())


async def keep(
    connection: AsyncConnection, plans: Sequence[Plan], author: Author, *, batch_id: str | None, now: datetime
) -> None:
    """Store what the plans come to: the edits that give way are closed, with a record, and the new ones opened."""
    replaced = [edit.id for plan in plans for edit in plan.replaced]
    await repository.close(
        connection, replaced, Closed(EditState.REPLACED, now, Reason.of(ReasonCode.REPLACED_BY, by=author.name))
    )
    await conflict_repository.end(connection, replaced, Ended(Resolution.CLOSED, now, author.name))
    await repository.insert(
        connection,
        (
            NewEdit(
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
                batch_id=batch_id,
            )
            for plan in plans
            for change in plan.changes
        ),
    )


def _check_one(outlooks: Sequence[Outlook]) -> None:
    """Raises what is wrong with the only line."""
    outlook = outlooks[0]
    line, made = outlook.line, outlook.plan
    if made is None:
        raise OfferNotFound(line.account, line.emag_id or 0)
    if outlook.errors:
        raise VersionChanged(line.account, made.offer.emag_id, made.version)
    if made.faults:
        raise EditRefused(f"Offer {made.offer.emag_id} cannot be edited so:", made.faults)
    if made.effect is Effect.NEEDS_CONFIRMATION:
        raise ConfirmationNeeded(f"Offer {made.offer.emag_id}: confirm that this is meant:", made.doubts)


def _resolved(line: Line, named: Mapping[str, Sequence[int]]) -> tuple[Line, tuple[Objection, ...]]:
    """The line with eMAG's id, or why it has none."""
    if line.emag_id is not None:
        return line, ()
    ids = named.get(line.part_number or "", ())
    if len(ids) == 1:
        return replace(line, emag_id=ids[0]), ()
    if ids:
        several = ", ".join(map(str, ids[:5]))
        message = f"{line.part_number!r} is the part number of several offers ({several}): name one by emag_id"
        return line, (Objection("part_number", "part_number_repeats", message),)
    message = (
        f"account {line.account!r} has no offer with the part number {line.part_number!r}"
        if line.part_number
        else "the row names no offer: give emag_id, or a part number"
    )
    return line, (Objection("emag_id", "offer_not_found", message),)


def _token(outlooks: Sequence[Outlook]) -> str:
    return token_of(outlook.plan for outlook in outlooks if outlook.plan is not None)
