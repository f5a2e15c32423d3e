"""Previews the brake for a list of edits, so that whoever applies it knows beforehand whether it will be held."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.settings import EditsSettings, PushMode
from emagsync.core.vocabulary import OfAccount
from emagsync.edits.fields import STOCK
from emagsync.edits.planning import Effect, Plan
from emagsync.edits.push.brake import alarm_of, brake_limit
from emagsync.edits.push.brake_repository import count_offers
from emagsync.edits.push.items import Item
from emagsync.edits.push.schemas import Alarm


class BrakePreview(OfAccount):
    """What a list alone would do to an account's offers; what else is on its way counts too when it is sent."""

    push: PushMode = Field(description="Whether edits of the account are sent.")
    counts: dict[Alarm, int] = Field(description="Offers that would be repriced, zeroed or deactivated.")
    most: int = Field(description="So many pass without anybody's yes.")
    stops: bool = Field(description="Whether the brake would stop them.")


AlarmCounts = dict[str, Counter[Alarm]]
"""How many offers would be repriced, zeroed or deactivated, by account."""


async def preview_brake(
    connection: AsyncConnection, plans: Iterable[Plan], *, settings: EditsSettings, mode: Callable[[str], PushMode]
) -> list[BrakePreview]:
    """A preview for each account of which the plans reprice, zero or deactivate offers."""
    return await brakes_of(connection, count_alarms(plans), settings=settings, mode=mode)


def count_alarms(plans: Iterable[Plan]) -> AlarmCounts:
    """What the brake would count of the plans."""
    counts: AlarmCounts = defaultdict(Counter)
    for plan in plans:
        if plan.effect in (Effect.OK, Effect.NEEDS_CONFIRMATION) and (alarm := _alarm(plan)) is not None:
            counts[plan.offer.account][alarm] += 1
    return counts


async def brakes_of(
    connection: AsyncConnection,
    counts: Mapping[str, Counter[Alarm]],
    *,
    settings: EditsSettings,
    mode: Callable[[str], PushMode],
) -> list[BrakePreview]:
    """What the brake would say to so many offers."""
    found: list[BrakePreview] = []
    for account in sorted(counts):
        most, push = brake_limit(settings, await count_offers(connection, account)), mode(account)
        stops = push != "off" and counts[account].total() > most
        found.append(BrakePreview(account=account, push=push, counts=dict(counts[account]), most=most, stops=stops))
    return found


def _alarm(plan: Plan) -> Alarm | None:
    values = plan.offer.values
    items = [
        Item(0, change.field, change.warehouse_id, change.kind, change.value, before=values.get(change.key))
        for change in plan.changes
    ]
    return alarm_of(items, sum(int(value or 0) for (field, _), value in values.items() if field == STOCK))
