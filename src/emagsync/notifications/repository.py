"""All SQL about who is told of what, and about the messages to them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Row, delete, func, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.limits import expect_room
from emagsync.deliveries.occurrence_repository import Occurrence
from emagsync.deliveries.repository import DeliveryRepository
from emagsync.notifications.errors import RecipientNotFound
from emagsync.notifications.schemas import Notification, Recipient, Rule, RuleKind, Timing
from emagsync.notifications.tables import deliveries, late_accounts, mail_servers, notices, recipients, rules

MOST_RECIPIENTS: Final = 500

# A message to a person is sent at most once.
DELIVERIES: Final = DeliveryRepository(deliveries, recipients, receiver_id="recipient_id", at_most_once=True)

_MAIL_SERVER_ID: Final = 1


class Place(NamedTuple):
    """Where a rule begins: the newest change of the change log, and when it may tell for the first time."""

    seq: int
    next_at: datetime


class StandingRule(NamedTuple):
    """A rule of an enabled recipient that may tell now, and where it stands."""

    id: str
    recipient_id: str
    rule: Rule
    seq: int
    version: int


class Notice(NamedTuple):
    """Something that a rule is to tell and that is not in the change log."""

    id: int
    rule_id: str
    account: str
    number: int
    detail: dict[str, Any]
    at: datetime


class MailServerRow(NamedTuple):
    """The mail server; `password` is sealed."""

    host: str
    port: int
    security: str
    username: str | None
    password: str | None
    sender: str


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a new recipient, without rules. Raises TooMany."""
    await expect_room(connection, recipients, things="recipients", most=MOST_RECIPIENTS)
    await connection.execute(insert(recipients).values(**values))


async def change(connection: AsyncConnection, recipient_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of a recipient. Raises RecipientNotFound."""
    changed = update(recipients).where(recipients.c.id == recipient_id).values(**values)
    if (await connection.execute(changed)).rowcount != 1:
        raise RecipientNotFound(recipient_id)


async def remove(connection: AsyncConnection, recipient_id: str) -> None:
    """Delete a recipient with rules and messages. Raises RecipientNotFound."""
    if (await connection.execute(delete(recipients).where(recipients.c.id == recipient_id))).rowcount != 1:
        raise RecipientNotFound(recipient_id)


async def list_recipients(connection: AsyncConnection) -> list[Recipient]:
    """Every recipient, oldest first."""
    return await _recipients(connection, None)


async def get(connection: AsyncConnection, recipient_id: str) -> Recipient:
    """The recipient with this id. Raises RecipientNotFound."""
    found = await _recipients(connection, recipients.c.id == recipient_id)
    if not found:
        raise RecipientNotFound(recipient_id)
    return found[0]


async def sealed_address(connection: AsyncConnection, recipient_id: str) -> tuple[str, str]:
    """The service and the sealed address. Raises RecipientNotFound."""
    query = select(recipients.c.service, recipients.c.address).where(recipients.c.id == recipient_id)
    row = (await connection.execute(query)).first()
    if row is None:
        raise RecipientNotFound(recipient_id)
    return row.service, row.address


async def sealed_secrets(connection: AsyncConnection) -> tuple[dict[str, str], str | None]:
    """The sealed addresses by recipient's name, and the sealed password of the mail server, of a database of any
    version."""
    if not await connection.run_sync(lambda sync: inspect(sync).has_table(recipients.name)):
        return {}, None
    rows = await connection.execute(select(recipients.c.name, recipients.c.address).order_by(recipients.c.name))
    return {row.name: row.address for row in rows}, await connection.scalar(select(mail_servers.c.password))


async def uses_service(connection: AsyncConnection, service: str) -> bool:
    """Whether a recipient is told by it."""
    query = select(func.count()).select_from(recipients).where(recipients.c.service == service)
    return bool(await connection.scalar(query))


async def set_rules(connection: AsyncConnection, recipient_id: str, wanted: Sequence[tuple[Rule, Place]]) -> None:
    """Make these the rules of a recipient. One that stays as it is keeps its place, and what it has not told yet."""
    before = {rule.rule: rule.id for rule in await _rules(connection, rules.c.recipient_id == recipient_id)}
    kept = {before[rule] for rule, _ in wanted if rule in before}
    gone = [rule_id for rule_id in before.values() if rule_id not in kept]
    if gone:
        await connection.execute(delete(rules).where(rules.c.id.in_(gone)))
    for rule, place in dict(wanted).items():
        if rule not in before:
            await connection.execute(
                insert(rules).values(
                    id=str(uuid.uuid4()),
                    recipient_id=recipient_id,
                    kind=rule.kind,
                    account=rule.account,
                    threshold=rule.threshold,
                    timing=rule.timing,
                    **place._asdict(),
                )
            )


async def restart_rules(connection: AsyncConnection, recipient_id: str, seq: int) -> None:
    """Let the rules of a recipient who is told again begin anew: of what happened meanwhile nothing is told."""
    own = rules.c.recipient_id == recipient_id
    await connection.execute(update(rules).where(own).values(seq=seq, version=rules.c.version + 1))
    await connection.execute(delete(notices).where(notices.c.rule_id.in_(select(rules.c.id).where(own))))


async def change_next(connection: AsyncConnection, recipient_id: str, timing: Timing, next_at: datetime) -> None:
    """When the rules of this timing may tell next."""
    own = (rules.c.recipient_id == recipient_id, rules.c.timing == timing)
    await connection.execute(update(rules).where(*own).values(next_at=next_at))


async def kinds_in_use(connection: AsyncConnection) -> set[RuleKind]:
    """What anybody is told of."""
    query = select(rules.c.kind).join(recipients, recipients.c.id == rules.c.recipient_id).distinct()
    return {RuleKind(kind) for kind in await connection.scalars(query.where(recipients.c.enabled))}


async def standing_rules(connection: AsyncConnection, *, now: datetime) -> list[StandingRule]:
    """The rules of enabled recipients that may tell now."""
    return await _rules(connection, recipients.c.enabled, rules.c.next_at <= now)


async def move(connection: AsyncConnection, rule: StandingRule, *, seq: int, next_at: datetime | None = None) -> bool:
    """Note that everything up to `seq` was told. False when somebody else has moved the rule: then nothing may be."""
    values = {"seq": seq, "version": rule.version + 1} | ({} if next_at is None else {"next_at": next_at})
    here = (rules.c.id == rule.id, rules.c.version == rule.version)
    return (await connection.execute(update(rules).where(*here).values(**values))).rowcount == 1


async def hand_over(connection: AsyncConnection, happened: Iterable[Occurrence]) -> None:
    """Make a notice of each occurrence for every rule of an enabled recipient that tells of it."""
    query = select(rules.c.id, rules.c.kind, rules.c.account).join(recipients, recipients.c.id == rules.c.recipient_id)
    telling = list(await connection.execute(query.where(recipients.c.enabled)))
    values = [
        {
            "rule_id": rule.id,
            "account": one.account,
            "number": one.number,
            "detail": orjson.dumps(one.detail).decode(),
            "at": one.at,
        }
        for one in happened
        for rule in telling
        if rule.kind == one.kind and rule.account in (None, one.account)
    ]
    if values:
        await connection.execute(insert(notices), values)


async def notices_of(connection: AsyncConnection, rule_ids: Collection[str]) -> list[Notice]:
    """What these rules are to tell, oldest first."""
    query = select(notices).where(notices.c.rule_id.in_(rule_ids)).order_by(notices.c.id)
    return [
        Notice(row.id, row.rule_id, row.account, row.number, orjson.loads(row.detail), row.at)
        for row in await connection.execute(query)
    ]


async def remove_notices(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """They were told."""
    for start in range(0, len(ids), 500):
        await connection.execute(delete(notices).where(notices.c.id.in_(ids[start : start + 500])))


async def late_since(connection: AsyncConnection) -> dict[str, datetime]:
    """The accounts that people were told are late, and since when."""
    rows = await connection.execute(select(late_accounts))
    return {row.account: row.since for row in rows}


async def note_late(connection: AsyncConnection, account: str, since: datetime) -> None:
    """The account is late. The transaction raises ConstraintViolated when that is noted already."""
    await connection.execute(insert(late_accounts).values(account=account, since=since))


async def end_late(connection: AsyncConnection, account: str) -> None:
    """It is late no more."""
    await connection.execute(delete(late_accounts).where(late_accounts.c.account == account))


async def notification(connection: AsyncConnection, delivery_id: str) -> Notification | None:
    """The message with this id."""
    values = await DELIVERIES.get(connection, delivery_id)
    return None if values is None else _notification(values)


async def notifications(connection: AsyncConnection, recipient_id: str, *, limit: int) -> list[Notification]:
    """A recipient's messages, newest first."""
    return [_notification(row) for row in await DELIVERIES.newest(connection, recipient_id, limit=limit)]


async def mail_server(connection: AsyncConnection) -> MailServerRow | None:
    """The mail server, if one is set."""
    columns = [mail_servers.c[name] for name in MailServerRow._fields]
    row = (await connection.execute(select(*columns))).first()
    return None if row is None else MailServerRow(*row)


async def set_mail_server(connection: AsyncConnection, server: MailServerRow, *, now: datetime) -> None:
    """Make this the mail server."""
    await connection.execute(delete(mail_servers))
    await connection.execute(insert(mail_servers).values(id=_MAIL_SERVER_ID, updated_at=now, **server._asdict()))


async def remove_mail_server(connection: AsyncConnection) -> None:
    """There is none any more."""
    await connection.execute(delete(mail_servers))


async def _rules(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[StandingRule]:
    query = (
        select(rules)
        .join(recipients, recipients.c.id == rules.c.recipient_id)
        .where(*conditions)
        .order_by(recipients.c.id, rules.c.kind, rules.c.id)
    )
    return [
        StandingRule(row.id, row.recipient_id, _rule(row), row.seq, row.version)
        for row in await connection.execute(query)
    ]


async def _recipients(connection: AsyncConnection, condition: ColumnElement[bool] | None) -> list[Recipient]:
    query = select(recipients).order_by(recipients.c.created_at, recipients.c.id)
    rows = list(await connection.execute(query if condition is None else query.where(condition)))
    own: dict[str, list[Rule]] = {row.id: [] for row in rows}
    for rule in await _rules(connection, rules.c.recipient_id.in_(list(own))):
        own[rule.recipient_id].append(rule.rule)
    return [Recipient.model_validate({**row._mapping, "address": row.shown, "rules": own[row.id]}) for row in rows]


def _rule(row: Row[Any]) -> Rule:
    return Rule(kind=row.kind, account=row.account, threshold=row.threshold, timing=row.timing)


def _notification(values: Mapping[str, Any]) -> Notification:
    return Notification.model_validate({**values, **orjson.loads(values["body"])})
