"""Stores, previews and withdraws edits: all of a list or nothing, on the offers as they are at that moment."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.edits import conflict_repository, repository
from emagsync.edits.change_request import ChangeRequest
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
from emagsync.edits.model import ConflictEnding, Edit, EditClosing
from emagsync.edits.named_offers import (
    account_without_offers,
    codes_that_differ,
    is_part_number_of,
    named_offers,
)
from emagsync.edits.offer_repository import (
    key_of,
    stored_offers,
    vat_ids_of,
)
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.planning import Effect, Plan, plan
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.results import BulkResult, LineResult, token_of_results
from emagsync.edits.states import EditState, Resolution
from emagsync.edits.storing import Author, store
from emagsync.edits.validation import Issue
from emagsync.marketplace.platforms import DEFAULT_PLATFORM, PLATFORMS, Platform
from emagsync.offers.errors import OfferNotFound, ProductNotFound

_ATTEMPTS = 3
# Requests that are planned before other tasks get to run.
_AT_ONCE = 100


class _Known(NamedTuple):
    """What planning an account's requests needs to know."""

    offers: Mapping[int, StoredOffer]
    edits: Mapping[int, Sequence[Edit]]
    vat_ids: Collection[int]


class EditService:
    """Stores, previews and withdraws edits. One per process.

    `on_edit` is called with the account after each change that leaves something to send. `platform` is that of an
    account: it decides which VAT a price may be off by.
    """

    def __init__(
        self,
        *,
        database: Database,
        settings: EditsSettings,
        clock: Clock,
        on_edit: Callable[[str], None] = lambda _: None,
        platform: Callable[[str], Platform] = lambda _: PLATFORMS[DEFAULT_PLATFORM],
    ) -> None:
        self._database = database
        self._platform = platform
        self._settings = settings
        self._clock = clock
        self._on_edit = on_edit

    async def edit_product(self, product_id: int, request: ChangeRequest, author: Author) -> Plan:
        """Edit the offer with this id of ours. Raises ProductNotFound, and what `edit_offer` raises."""
        async with self._database.snapshot() as connection:
            key = await key_of(connection, product_id)
        if key is None:
            raise ProductNotFound(product_id)
        return await self.edit_offer(*key, request, author)

    async def edit_offer(self, account: str, emag_id: int, request: ChangeRequest, author: Author) -> Plan:
        """Store what `request` asks for, all of it or nothing; returns the plan that was stored.

        Raises OfferNotFound, VersionChanged when the request names a version that is not the offer's, EditRefused and
        ConfirmationNeeded.
        """
        named = replace(request, account=account, emag_id=emag_id)
        [result] = (await self._apply([named], author, skip_invalid=False, check=_check_one)).lines
        assert result.plan is not None  # noqa: S101 - else `_check_one` has raised
        return result.plan

    async def preview(self, requests: Sequence[ChangeRequest]) -> BulkResult:
        """The result that the requests would have; nothing is stored."""
        async with self._database.snapshot() as connection:
            results = await self.results(connection, requests, lock=False)
        return BulkResult(results, token_of_results(results), None)

    async def apply(
        self,
        requests: Sequence[ChangeRequest],
        author: Author,
        *,
        skip_invalid: bool = False,
        token: str | None = None,
        batch_id: str | None = None,
    ) -> BulkResult:
        """Store what the requests ask for: all of it or nothing, or with `skip_invalid` what is valid.

        `token` is that of a preview: only exactly what that showed is stored. Raises PreviewOutdated. `batch_id` joins
        several calls; None: a new one. A result without `batch_id` means that nothing was stored, and its lines say
        why.
        """

        def check(results: Sequence[LineResult]) -> None:
            if token is not None and token != token_of_results(results):
                raise PreviewOutdated

        return await self._apply(requests, author, skip_invalid=skip_invalid, check=check, batch_id=batch_id)

    async def withdraw(self, edit_id: int, by: str) -> Edit:
        """Withdraw a waiting edit. Raises EditNotFound, EditOver, and EditUnderway while it is being sent."""
        async with self._database.transaction() as connection:
            edit = await repository.get(connection, edit_id)
            if edit is None:
                raise EditNotFound(edit_id)
            await repository.lock_waiting(connection, edit.account, [edit.emag_id])
            if edit.emag_id in await repository.in_flight(connection, edit.account, [edit.emag_id]):
                raise EditUnderway(edit_id)
            now = self._clock.now()
            closing = EditClosing(EditState.WITHDRAWN, now, Reason.of(ReasonCode.WITHDRAWN_BY, by=by))
            closed = await repository.close(connection, [edit_id], closing)
            if not closed:
                raise EditOver(edit_id, edit.state)
            await conflict_repository.end(connection, closed, ConflictEnding(Resolution.CLOSED, now, by))
        self._on_edit(edit.account)
        return edit

    async def _apply(
        self,
        requests: Sequence[ChangeRequest],
        author: Author,
        *,
        skip_invalid: bool,
        check: Callable[[Sequence[LineResult]], None],
        batch_id: str | None = None,
    ) -> BulkResult:
        batch = batch_id or str(uuid.uuid4())
        for attempt in range(_ATTEMPTS):
            try:
                result = await self._try_to_apply(requests, author, skip_invalid=skip_invalid, check=check, batch=batch)
            except ConstraintViolated:
                # Somebody else edited one of the fields at this very moment: plan again, with that edit.
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            break
        if result.batch_id is not None:
            for account in {line.plan.offer.account for line in result.lines if line.plan}:
                self._on_edit(account)
        return result

    async def _try_to_apply(
        self,
        requests: Sequence[ChangeRequest],
        author: Author,
        *,
        skip_invalid: bool,
        check: Callable[[Sequence[LineResult]], None],
        batch: str,
    ) -> BulkResult:
        async with self._database.transaction() as connection:
            results = await self.results(connection, requests, lock=True)
            check(results)
            valid = [result for result in results if result.effect in (Effect.OK, Effect.UNCHANGED)]
            if len(valid) < len(results) and not skip_invalid:
                return BulkResult(results, token_of_results(results), None)
            plans = [result.plan for result in valid if result.plan and result.effect is Effect.OK]
            await store(connection, plans, author, batch_id=batch, now=self._clock.now())
        return BulkResult(results, token_of_results(results), batch)

    async def results(
        self,
        connection: AsyncConnection,
        requests: Sequence[ChangeRequest],
        *,
        lock: bool,
        vat_ids: Mapping[str, Collection[int]] | None = None,
    ) -> tuple[LineResult, ...]:
        """The result that each of the requests would have.

        `lock`: until the transaction ends nobody else changes the offers or their edits. `vat_ids` are those of each
        account's offers, for whoever asks often; None: they are looked up where a request needs them.
        """
        by_account: dict[str, list[ChangeRequest]] = defaultdict(list)
        for request in requests:
            by_account[request.account].append(request)
        found: dict[int, LineResult] = {}
        for account in sorted(by_account):
            known_vat_ids = None if vat_ids is None else vat_ids.get(account, ())
            found |= await self._results_of_account(
                connection, account, by_account[account], lock=lock, vat_ids=known_vat_ids
            )
        return tuple(found[request.row] for request in requests)

    async def _results_of_account(
        self,
        connection: AsyncConnection,
        account: str,
        requests: Sequence[ChangeRequest],
        *,
        lock: bool,
        vat_ids: Collection[int] | None,
    ) -> dict[int, LineResult]:
        named = await named_offers(connection, account, requests)
        resolved = [named.with_id(request) for request in requests]
        known = await _known(connection, account, [request for request, _ in resolved], lock=lock, vat_ids=vat_ids)
        met: dict[int, int] = {}
        results: dict[int, LineResult] = {}
        lost = await account_without_offers(connection, account) if not known.offers else None
        for number, (request, errors) in enumerate(resolved):
            if number % _AT_ONCE == 0:
                # A file of ten thousand rows takes a second or two: let other tasks run meanwhile.
                await asyncio.sleep(0)
            unresolved = LineResult(request, None, (*request.errors, *([lost] if lost else errors)))
            results[request.row] = unresolved if errors or lost else self._plan(request, known, met)
        return results

    def _plan(self, request: ChangeRequest, known: _Known, met: dict[int, int]) -> LineResult:
        """The result of a request that names an offer; `met` are the rows of those before it, by the offer's id."""
        emag_id = request.emag_id or 0
        offer = known.offers.get(emag_id)
        if offer is None:
            message = f"account {request.account!r} has no offer {emag_id}"
            return LineResult(request, None, (*request.errors, Issue("emag_id", "offer_not_found", message)))
        if request.part_number is not None and not is_part_number_of(request.part_number, offer.part_number or ""):
            message = f"offer {emag_id} has the part number {offer.part_number!r}, not {request.part_number!r}"
            differs = Issue("part_number", "part_number_differs", message)
            return LineResult(request, None, (*request.errors, differs))
        if request.is_exact and (others := codes_that_differ(request, offer)):
            return LineResult(request, None, (*request.errors, *others))
        if emag_id in met:
            earlier = str(met[emag_id])
            repeated = Issue("emag_id", "offer_repeated", f"row {earlier} is of this offer too", {"row": earlier})
            return LineResult(request, None, (*request.errors, repeated))
        met[emag_id] = request.row
        platform = self._platform(offer.account)
        made = plan(
            offer,
            known.edits.get(emag_id, ()),
            request,
            most_percent=self._settings.plausible_change,
            vat=platform.vat_until(platform.day_of(self._clock.now())),
            vat_ids=known.vat_ids,
        )
        if request.version in (None, made.version):
            return LineResult(request, made)
        message = "it was changed since it was read: look at it again, then edit it"
        return LineResult(request, made, (Issue("version", "version_changed", message),))


async def _known(
    connection: AsyncConnection,
    account: str,
    requests: Sequence[ChangeRequest],
    *,
    lock: bool,
    vat_ids: Collection[int] | None,
) -> _Known:
    """What is known of the account and of the offers that the requests name; `lock`: until the transaction ends."""
    ids = sorted({request.emag_id for request in requests if request.emag_id is not None})
    # Offers first, then edits, as every writer does: else two could wait for each other.
    offers = await stored_offers(connection, account, ids, lock=lock)
    edits: dict[int, list[Edit]] = defaultdict(list)
    read = repository.lock_waiting if lock else repository.list_waiting
    for edit in await read(connection, account, ids):
        edits[edit.emag_id].append(edit)
    for emag_id in await repository.in_flight(connection, account, ids):
        if emag_id in offers:
            offers[emag_id] = offers[emag_id]._replace(is_sent=True)
    if vat_ids is None:
        vat_ids = await vat_ids_of(connection, account) if any(VAT_ID in request.given for request in requests) else ()
    return _Known(offers, edits, vat_ids)


def _check_one(results: Sequence[LineResult]) -> None:
    """Raises what is wrong with the only line."""
    [result] = results
    request, made = result.request, result.plan
    if made is None:
        raise OfferNotFound(request.account, request.emag_id or 0)
    if result.errors:
        raise VersionChanged(request.account, made.offer.emag_id, made.version)
    if made.faults:
        raise EditRefused(f"Offer {made.offer.emag_id} cannot be edited so:", made.faults)
    if made.effect is Effect.NEEDS_CONFIRMATION:
        raise ConfirmationNeeded(f"Offer {made.offer.emag_id}: confirm that this is meant:", made.doubts)
