"""Puts what is to be told into words, in the reader's language, numbers, currency and time zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from emagsync.deliveries.occurrence_repository import SAMPLES
from emagsync.home.schemas import CopyAge, HomeData
from emagsync.notifications.matters import Matter
from emagsync.notifications.scan_repository import Sample
from emagsync.notifications.schemas import Recipient, RuleKind, Timing
from emagsync.notifications.words import words_of
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.explanations import explain
from emagsync.sync.certificate.schemas import CertificateVerdict

# Longer texts are cut by some services; a mail may be long, but nobody reads it.
LONGEST_TEXT: Final = 3500
_LONGEST_NAME: Final = 80
_MOST_REASONS: Final = 5
_COPIES: Final = {
    CertificateVerdict.COMPLETE: "copy_complete",
    CertificateVerdict.COMPLETE_WITH_UNREADABLE_ROWS: "copy_unreadable",
}
_PRICES: Final = ("sale_price", "recommended_price", "min_sale_price", "max_sale_price")
# Where the page shows what a rule tells of.
_PAGES: Final = {
    RuleKind.RUN: "/history",
    RuleKind.HOLD: "/edits/outbox",
    RuleKind.CONFLICT: "/edits/conflicts",
    RuleKind.LATE: "/sync",
    RuleKind.SUMMARY: "/",
}
# By which kind of change the list of offers shows them.
_KINDS: Final = {
    RuleKind.NOT_SELLABLE: ChangeKind.UNSELLABLE,
    RuleKind.BUY_BUTTON: ChangeKind.BUY_BUTTON_LOST,
    RuleKind.PRICE: ChangeKind.PRICE_BY_EMAG,
}
# What a summary says, in this order.
_CHANGES: Final = (
    ChangeKind.UNSELLABLE,
    ChangeKind.SELLABLE,
    ChangeKind.DOCUMENTATION_REJECTED,
    ChangeKind.BUY_BUTTON_LOST,
    ChangeKind.BUY_BUTTON_WON,
    ChangeKind.UNDERCUT,
    ChangeKind.EDIT_REFUSED,
    ChangeKind.CONFLICT,
    ChangeKind.PRICE_BY_EMAG,
    ChangeKind.PRICE_BY_US,
    ChangeKind.STOCK_BY_EMAG,
    ChangeKind.STOCK_BY_US,
    ChangeKind.NEW,
    ChangeKind.GONE,
    ChangeKind.BACK,
)


class Written(NamedTuple):
    """A message in words. `event`: what it tells of, `several` or `daily`."""

    event: str
    title: str
    text: str


def write(recipient: Recipient, matters: Sequence[Matter], timing: Timing, now: datetime) -> Written:
    """The message about these matters, each of which is worth telling."""
    writer = _Writer(recipient)
    titles = [writer.title(matter) for matter in matters]
    if timing is Timing.DAILY:
        event, title = "daily", writer.say("daily_title", date=writer.date(now))
    else:
        event = str(matters[0].rule.kind) if len(matters) == 1 else "several"
        title = titles[0] if len(titles) == 1 else writer.say("more_titles", len(titles) - 1, title=titles[0])
    parts = ["\n".join(writer.section(matter)) for matter in matters]
    footer = writer.say("why", name=recipient.name)
    text = "\n\n".join(parts)
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT].rpartition("\n")[0] + "\n..."
    return Written(event, f"emagsync: {title}", f"{text}\n\n{footer}")


def write_test(recipient: Recipient) -> Written:
    """The message of the test button."""
    writer = _Writer(recipient)
    lines = [writer.say("test_text"), *writer.link("/"), "", writer.say("why", name=recipient.name)]
    return Written("test", f"emagsync: {writer.say('test')}", "\n".join(lines))


class _Writer:
    def __init__(self, recipient: Recipient) -> None:
        self._words = words_of(recipient.language)
        self._language = recipient.language
        self._locale = Locale(recipient.language)
        self._zone = ZoneInfo(recipient.time_zone)
        self._page = (recipient.page_url or "").rstrip("/")

    def say(self, key: str, number: int | None = None, **values: object) -> str:
        """A text; with a number, the plural form that it asks for."""
        text = self._words[key]
        if not isinstance(text, str):
            form = self._locale.plural_form(number or 0)
            text = text.get(form) or text["other"]
        return text.format(n=self.count(number or 0), **values)

    def count(self, number: int) -> str:
        return format_decimal(number, locale=self._locale)

    def date(self, moment: datetime) -> str:
        return format_date(moment.astimezone(self._zone).date(), "long", locale=self._locale)

    def time(self, moment: datetime) -> str:
        return format_datetime(moment.astimezone(self._zone), "medium", locale=self._locale)

    def title(self, matter: Matter) -> str:
        kind, threshold = matter.rule.kind, matter.rule.threshold
        shown = None if threshold is None else self.count(threshold)
        return self.say(str(kind), matter.number, threshold=shown)

    def section(self, matter: Matter) -> Iterator[str]:
        """A heading, some examples, how many more there are, and a link."""
        yield f"{self.title(matter)}:"
        lines = list(self._lines(matter))
        shown = lines if matter.summary is not None else lines[:SAMPLES]
        yield from (f"- {line}" for line in shown)
        left = matter.number - len(shown)
        if matter.summary is None and left > 0:
            yield self.say("more", left)
        yield from self.link(_page_of(matter))

    def link(self, path: str) -> Iterator[str]:
        """Where the page is is not always known."""
        if self._page:
            yield self.say("open", url=self._page + path)

    def _lines(self, matter: Matter) -> Iterator[str]:
        if matter.summary is not None:
            yield from self._summary(matter.summary)
        elif matter.found is not None:
            for sample in matter.found.samples:
                yield self._offer(matter.rule.kind, sample)
        for detail in matter.details:
            yield from self._notice(matter.rule.kind, detail)

    def _notice(self, kind: RuleKind, detail: dict[str, Any]) -> Iterator[str]:
        if kind is RuleKind.RUN:
            yield self._run(detail)
        elif kind is RuleKind.HOLD:
            yield self._hold(detail)
        elif kind is RuleKind.LATE:
            minutes = self.count(round(detail["excess_seconds"] / 60))
            yield self.say("late_line", detail["older"], account=detail["account"], minutes=minutes)
        elif kind is RuleKind.CONFLICT:
            for conflict in detail["conflicts"]:
                yield self._conflict(detail["account"], conflict)

    def _run(self, detail: dict[str, Any]) -> str:
        if detail["total"] is None:
            return self.say("run_unknown", account=detail["account"])
        key = "run_partial" if detail["status"] == "partial" else "run_failed"
        done, total = self.count(detail["processed"]), self.count(detail["total"])
        return self.say(key, account=detail["account"], done=done, total=total)

    def _hold(self, detail: dict[str, Any]) -> str:
        counts = [
            self.say(alarm, detail["counts"][alarm])
            for alarm in ("repriced", "zeroed", "deactivated")
            if detail["counts"].get(alarm)
        ]
        key = "hold_push" if detail["kind"] == "push" else "hold_sync"
        return self.say(key, account=detail["account"], counts=", ".join(counts))

    def _conflict(self, account: str, conflict: dict[str, Any]) -> str:
        field = conflict["field"]
        local, emag = (self._value(field, conflict[side], conflict.get("currency")) for side in ("local", "emag"))
        word = self.say("stock_field" if field == "stock" else field) if field in (*self._words, "stock") else field
        return self.say(
            "conflict_line", account=account, emag_id=conflict["emag_id"], field=word, local=local, emag=emag
        )

    def _offer(self, kind: RuleKind, sample: Sample) -> str:
        name = (sample.name or "").strip() or f"{sample.emag_id}"
        name = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rstrip()}..."
        code = sample.part_number or sample.emag_id
        offer = self.say("offer", name=name, account=sample.account, code=code)
        if kind is RuleKind.NOT_SELLABLE:
            reasons = [explain(reason, self._language) for reason in sample.reasons.split()]
            return f"{offer}: {'; '.join(reasons)}" if reasons else offer
        if kind is RuleKind.BUY_BUTTON:
            return offer
        field = "sale_price" if kind is RuleKind.PRICE else "stock"
        old, new = (self._value(field, value, sample.currency) for value in (sample.old, sample.new))
        return f"{offer}: {old} → {new}"

    def _value(self, field: str, value: str | None, currency: str | None) -> str:
        if value is None:
            return "-"
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if field not in _PRICES:
            return format_decimal(number, locale=self._locale)
        # Two decimals, as prices are said; the other two where there are some.
        amount = format_decimal(number, "#,##0.00##", locale=self._locale)
        return f"{amount} {currency}" if currency else amount

    def _summary(self, home: HomeData) -> Iterator[str]:
        """What Home shows, in the same words for each number."""
        changes = {one.kind: one.offers for one in home.changes}
        counted = [self.say(f"change_{kind}", changes[kind]) for kind in _CHANGES if changes.get(kind)]
        if changes.get(ChangeKind.UNSELLABLE):
            reasons = [
                f"{explain(one.code, self._language)} ({self.count(one.offers)})" for one in home.unsellable_reasons
            ]
            counted[0] += f": {'; '.join(reasons[:_MOST_REASONS])}"
        numbers = (("failed_runs", home.failed_runs.count), ("brakes", home.brakes.count))
        waiting = home.waiting.model_dump().items()
        counted += [self.say(key, number) for key, number in numbers if number]
        yield from counted or [self.say("nothing")]
        yield from (self.say(f"waiting_{what}", number) for what, number in waiting if number)
        yield from map(self._copy, home.copies)

    def _copy(self, copy: CopyAge) -> str:
        if copy.read_at is None:
            return self.say("copy_never", account=copy.account)
        key = _COPIES.get(copy.verdict, "copy_not_proved") if copy.verdict else "copy_not_proved"
        return self.say(key, account=copy.account, time=self.time(copy.read_at))


def _page_of(matter: Matter) -> str:
    kind = matter.rule.kind
    if kind in _PAGES:
        return _PAGES[kind]
    query: dict[str, str] = {}
    if matter.rule.account is not None:
        query["account"] = matter.rule.account
    if kind is RuleKind.STOCK:
        query["stock"] = str((matter.rule.threshold or 1) - 1)
    else:
        query["change"] = _KINDS[kind]
        if matter.found is not None and matter.found.since is not None:
            query["change_since"] = matter.found.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"/offers?{urlencode(query)}"


def next_daily(now: datetime, hour: int, time_zone: str) -> datetime:
    """The next time at which it is `hour` there; the night when clocks are put forward has every hour all the same."""
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    for days in (0, 1, 2):
        day = local.date() + timedelta(days=days)
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
        if moment.timestamp() > now.timestamp():
            return moment.astimezone(now.tzinfo)
    raise AssertionError("one of three days has that hour to come")
