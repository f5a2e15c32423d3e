"""The outbox's states: what may happen to an entry, and what becomes of it then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emagsync.edits.push import outbox
from emagsync.edits.push.enqueue import refresh
from emagsync.edits.push.items import Item, Result
from emagsync.edits.push.outbox import TRANSITIONS, Answer, Event, ForbiddenTransition, OutboxEntry, transition
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import FINAL_STATES, OPEN_STATES, EditState, OutboxState
from emagsync.marketplace.save_answers import OfferVerdict, Verdict

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
READ_BACK = 20.0
REASON = Reason.of(ReasonCode.REFUSED_BY, by="ana")
REFUSAL = Reason.refusal(["sale_price must be below max_sale_price"])
CAMPAIGN = ("The offer is in a campaign with stock in site",)

# The whole table once more, read by state: what is not in it is forbidden.
ALLOWED: dict[str, dict[str, str]] = {
    "waiting": {
        "needs_approval": "waiting",
        "queued": "pending",
        "approved": "pending",
        "emptied": "dropped",
        "rejected": "rejected",
    },
    "pending": {
        "needs_approval": "waiting",
        "queued": "pending",
        "emptied": "dropped",
        "claimed": "sending",
        "postponed": "pending",
        "applied": "applied",
        "rejected": "rejected",
        "reopened": "dropped",
    },
    "sending": {
        "accepted": "sending",
        "not_sent": "pending",
        "deferred": "pending",
        "no_answer": "uncertain",
        "interrupted": "uncertain",
        "not_shown_yet": "sending",
        "not_shown": "uncertain",
        "postponed": "sending",
        "applied": "applied",
        "rejected": "rejected",
    },
    "uncertain": {
        "not_shown_yet": "uncertain",
        "not_taken": "pending",
        "postponed": "uncertain",
        "applied": "applied",
        "rejected": "rejected",
        "reopened": "dropped",
    },
    "applied": {},
    "rejected": {},
    "dropped": {},
}


def item(**values: Any) -> Item:
    """A change of the price from 100 to 90, sent unless `target` says otherwise."""
    given = {"field": "sale_price", "warehouse_id": 0, "kind": "absolute", "value": "90.0000"}
    return Item(**{"edit_id": 1, **given, "before": "100.0000", "target": "90.0000", **values})


def stock(difference: str, **values: Any) -> Item:
    """A difference of the stock of 20 pieces."""
    target = str(20 + int(difference))
    given = {"edit_id": 2, "field": "stock", "warehouse_id": 1, "kind": "relative", "value": difference}
    return item(**{**given, "before": "20", "target": target, **values})


def entry(state: OutboxState, *items: Item, **values: Any) -> OutboxEntry:
    empty = dict.fromkeys(OutboxEntry._fields)
    known = {"id": 1, "account": "main", "emag_id": 7, "attempts": 1, "created_at": NOW, "updated_at": NOW}
    if state in (OutboxState.SENDING, OutboxState.UNCERTAIN):
        known |= {"sent_at": NOW, "next_at": NOW}
    return OutboxEntry(**{**empty, **known, "state": state, "items": items or (item(),), **values})


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", OutboxState)
def test_every_event_in_every_state(state: OutboxState, event: Event) -> None:
    after = ALLOWED[state].get(event)
    if after is None:
        with pytest.raises(ForbiddenTransition, match=f"{state} cannot be {event}"):
            transition(state, event)
    else:
        assert transition(state, event) is OutboxState(after)


def test_no_final_state_is_left_and_every_other_one_is_reached_and_left() -> None:
    assert {state for state, _ in TRANSITIONS} == set(OPEN_STATES)
    assert set(TRANSITIONS.values()) == set(OutboxState)


def test_what_may_have_been_sent_goes_back_to_pending_only_when_it_certainly_was_not_taken() -> None:
    back = {
        event
        for (state, event), after in TRANSITIONS.items()
        if state in (OutboxState.SENDING, OutboxState.UNCERTAIN) and after is OutboxState.PENDING
    }
    assert back == {Event.NOT_SENT, Event.DEFERRED, Event.NOT_TAKEN}


CURRENT = {("sale_price", 0): "100.0000", ("max_sale_price", 0): "200.0000", ("stock", 1): "20"}


@pytest.mark.parametrize(
    ("items", "options", "state", "results"),
    [
        pytest.param((), {}, "dropped", [None], id="nothing is left"),
        pytest.param((item(target=None),), {}, "sending", [None], id="to be sent"),
        pytest.param((item(target=None, value="100.0000"),), {}, "applied", [Result.ALREADY], id="eMAG has it already"),
        pytest.param((item(target=None, value="300.0000"),), {}, "rejected", [Result.REJECTED], id="above the maximum"),
        pytest.param((item(target=None, value="80.0000"),), {"approve": True}, "waiting", [None], id="not approved so"),
        pytest.param((item(target=None),), {"approve": True}, "sending", [None], id="approved"),
        pytest.param((stock("-3", target=None),), {}, "sending", [None], id="a difference"),
        pytest.param((stock("-3"),), {}, "sending", [None], id="a difference sent again"),
        pytest.param(
            (stock("-3", before="30", target="27"),), {}, "rejected", [Result.REJECTED], id="a stock of a third value"
        ),
        pytest.param(
            (item(before="95.0000"),), {}, "dropped", [Result.REOPENED], id="a price of a third value goes to the merge"
        ),
    ],
)
def test_claiming(items: tuple[Item, ...], options: dict[str, bool], state: str, results: list[Any]) -> None:
    claimed = outbox.claim(
        entry(OutboxState.PENDING, attempts=0), items, CURRENT, push_id="p", now=NOW, **{"approve": False, **options}
    )
    assert (claimed.state, [one.result for one in claimed.items]) == (state, results)
    assert (claimed.finished_at is not None) == claimed.is_final
    assert (claimed.attempts, claimed.awaits_answer) == ((1, True) if state == "sending" else (0, False))


def test_a_difference_keeps_the_target_of_its_first_sending() -> None:
    first = outbox.claim(
        entry(OutboxState.PENDING), (stock("-3", target=None),), CURRENT, approve=False, push_id="p", now=NOW
    )
    assert [one.target for one in first.items] == ["17"]
    again = outbox.claim(
        entry(OutboxState.PENDING, *first.items), first.items, CURRENT, approve=False, push_id="p", now=NOW
    )
    assert [one.target for one in again.items] == ["17"]


@pytest.mark.parametrize(
    ("answer", "state", "attempts", "next_at"),
    [
        pytest.param(Answer(Event.ACCEPTED), "sending", 1, NOW, id="accepted"),
        pytest.param(Answer(Event.NOT_SENT, REASON), "pending", 0, None, id="certainly not sent"),
        pytest.param(Answer(Event.NO_ANSWER, REASON), "uncertain", 1, NOW, id="no certain answer"),
        pytest.param(Answer(Event.REJECTED, REFUSAL), "rejected", 1, None, id="refused"),
    ],
)
def test_answers(answer: Answer, state: str, attempts: int, next_at: datetime | None) -> None:
    judged = outbox.judge_answer(entry(OutboxState.SENDING, next_at=None), answer, NOW)
    assert (judged.state, judged.attempts, judged.next_at, judged.reason) == (state, attempts, next_at, answer.reason)


@pytest.mark.parametrize("state", FINAL_STATES)
def test_an_answer_that_says_nothing_does_not_move_what_has_ended(state: OutboxState) -> None:
    ended = entry(state, finished_at=NOW)
    assert outbox.judge_answer(ended, Answer(Event.NO_ANSWER, REASON), NOW) == ended


@pytest.mark.parametrize(
    ("said", "event", "code"),
    [
        pytest.param(OfferVerdict(Verdict.TAKEN, ("hm",)), Event.ACCEPTED, None, id="taken, with a remark"),
        pytest.param(OfferVerdict(Verdict.REFUSED, ("bad price",)), Event.REJECTED, "refused_by_emag", id="refused"),
        pytest.param(OfferVerdict(Verdict.REFUSED), Event.REJECTED, "refused_silently", id="refused without a word"),
        pytest.param(OfferVerdict(Verdict.REFUSED, CAMPAIGN), Event.REJECTED, "waits_for_campaign", id="a campaign"),
        pytest.param(OfferVerdict(Verdict.UNKNOWN), Event.NO_ANSWER, "no_certain_answer", id="not mentioned"),
    ],
)
def test_what_emags_verdict_about_an_offer_means(said: OfferVerdict, event: Event, code: str | None) -> None:
    answer = Answer.of(said)
    assert (answer.event, answer.reason and answer.reason.code) == (event, code)


@pytest.mark.parametrize(
    ("shown", "state", "result"),
    [
        pytest.param("90.0000", "applied", Result.APPLIED, id="eMAG shows it all the same"),
        pytest.param("100.0000", "rejected", Result.REJECTED, id="eMAG shows the value from before"),
        pytest.param("95.0000", "rejected", Result.REJECTED, id="eMAG shows a third value"),
        pytest.param(None, "rejected", Result.REJECTED, id="eMAG has no value"),
    ],
)
def test_the_refusal_of_a_whole_save_is_verified_by_what_was_read(
    shown: str | None, state: str, result: Result
) -> None:
    judged = outbox.judge_refusal(entry(OutboxState.SENDING), REFUSAL, NOW, read={("sale_price", 0): shown})
    assert (judged.state, judged.items[0].result) == (state, result)
    assert judged.items[0].reason == (None if result is Result.APPLIED else REFUSAL)
    assert judged.reason == (None if result is Result.APPLIED else REFUSAL)


def test_a_refused_offer_keeps_emags_words_once_for_all_of_its_changes() -> None:
    judged = outbox.judge_answer(entry(OutboxState.SENDING, item(), stock("-3")), Answer(Event.REJECTED, REFUSAL), NOW)
    assert [one.reason for one in judged.items] == [REFUSAL, REFUSAL]
    assert (judged.state, judged.reason, judged.next_at) == ("rejected", REFUSAL, None)


def test_an_offer_in_a_campaign_waits_longer_each_time_and_is_never_rejected() -> None:
    now, one, waits = NOW, entry(OutboxState.PENDING, item(target=None), attempts=0), []
    for _ in range(8):
        sent = outbox.claim(one, (item(target=None),), CURRENT, approve=False, push_id="p", now=now)
        one = outbox.judge_answer(sent, Answer(Event.REJECTED, Reason.refusal(CAMPAIGN)), now)
        assert (one.state, one.attempts, one.sent_at, one.is_done) == ("pending", 0, None, False)
        assert one.next_at is not None
        assert one.next_at > now
        waits.append((one.next_at - now).total_seconds())
        now = one.next_at
    assert waits == [300, 600, 1200, 2400, 3600, 3600, 3600, 3600]
    assert one.reason == Reason.of(ReasonCode.WAITS_FOR_CAMPAIGN, message=CAMPAIGN[0], times=8)


def test_an_offer_in_a_campaign_goes_on_waiting_when_its_edits_change() -> None:
    waiting = outbox.judge_refusal(entry(OutboxState.SENDING), Reason.refusal(CAMPAIGN), NOW)
    changed = refresh(waiting, CHANGED, 20, approve=False)
    assert (changed.items, changed.next_at) == (CHANGED, waiting.next_at)


def test_what_is_waiting_for_a_campaign_starts_from_what_emag_has_when_it_is_over() -> None:
    """The stock of an offer in a campaign sells on: that is no doubt about what eMAG took."""
    waiting = outbox.judge_refusal(entry(OutboxState.SENDING, stock("-3")), Reason.refusal(CAMPAIGN), NOW)
    sold = {**CURRENT, ("stock", 1): "12"}
    again = outbox.claim(waiting, waiting.items, sold, approve=False, push_id="q", now=NOW)
    assert (again.state, [(one.before, one.target) for one in again.items]) == ("sending", [("12", "9")])


def test_after_a_lost_answer_a_campaign_changes_nothing_about_what_is_sent() -> None:
    lost = entry(OutboxState.SENDING, stock("-3"), attempts=2)
    waiting = outbox.judge_refusal(lost, Reason.refusal(CAMPAIGN), NOW)
    assert (waiting.state, waiting.attempts, waiting.items[0].target) == ("pending", 1, "17")


def test_a_whole_save_refused_because_of_a_campaign_waits_unless_emag_shows_what_was_sent() -> None:
    campaign = Reason.refusal(CAMPAIGN)
    shown = outbox.judge_refusal(entry(OutboxState.SENDING), campaign, NOW, read={("sale_price", 0): "90.0000"})
    assert shown.state == "applied"
    other = outbox.judge_refusal(entry(OutboxState.SENDING), campaign, NOW, read={("sale_price", 0): "100.0000"})
    assert other.state == "pending"


@pytest.mark.parametrize(
    ("before", "shown", "seconds", "state", "next_at"),
    [
        pytest.param(entry(OutboxState.SENDING), "90.0000", 1, "applied", None, id="accepted and shown"),
        pytest.param(entry(OutboxState.SENDING), "70.0000", 1, "applied", None, id="accepted, and changed since"),
        pytest.param(entry(OutboxState.SENDING), "100.0000", 0, "sending", 0.25, id="accepted, read at once"),
        pytest.param(entry(OutboxState.SENDING), "100.0000", 10, "sending", 15, id="accepted, not shown yet"),
        pytest.param(entry(OutboxState.SENDING), "100.0000", 18, "sending", 20, id="accepted, looked at once more"),
        pytest.param(entry(OutboxState.SENDING), "100.0000", 20, "uncertain", 20, id="accepted, and never shown"),
        pytest.param(entry(OutboxState.UNCERTAIN), "90.0000", 1, "applied", None, id="uncertain and shown"),
        pytest.param(entry(OutboxState.UNCERTAIN), "100.0000", 0, "uncertain", 0.25, id="uncertain, read at once"),
        pytest.param(entry(OutboxState.UNCERTAIN), "100.0000", 10, "uncertain", 15, id="uncertain, not shown yet"),
        pytest.param(entry(OutboxState.UNCERTAIN), "100.0000", 20, "pending", None, id="uncertain, sent again"),
        pytest.param(
            entry(OutboxState.UNCERTAIN, sent_at=None), "100.0000", 1, "pending", None, id="uncertain for long"
        ),
        pytest.param(entry(OutboxState.UNCERTAIN), "70.0000", 1, "dropped", None, id="uncertain, with a third value"),
        pytest.param(
            entry(OutboxState.UNCERTAIN, attempts=5), "100.0000", 1, "uncertain", 1.5, id="sent often, not shown yet"
        ),
        pytest.param(
            entry(OutboxState.UNCERTAIN, attempts=5), "100.0000", 20, "rejected", None, id="sent often enough"
        ),
    ],
)
def test_reading_back(before: OutboxEntry, shown: str, seconds: float, state: str, next_at: float | None) -> None:
    asked = NOW + timedelta(seconds=seconds)
    judged = outbox.judge_read_back(
        before, {("sale_price", 0): shown}, asked_at=asked, readback_seconds=READ_BACK, now=asked
    )
    assert judged.state == state
    assert judged.next_at == (None if next_at is None else NOW + timedelta(seconds=next_at))


@pytest.mark.parametrize("state", [OutboxState.SENDING, OutboxState.UNCERTAIN])
def test_an_answer_that_takes_long_to_come_says_what_was_shown_when_it_was_asked_for(state: OutboxState) -> None:
    late = outbox.judge_read_back(
        entry(state),
        {("sale_price", 0): "100.0000"},
        asked_at=NOW + timedelta(seconds=1),
        readback_seconds=READ_BACK,
        now=NOW + timedelta(seconds=3 * READ_BACK),
    )
    assert late.state is state
    assert late.next_at is not None
    assert late.next_at > NOW + timedelta(seconds=3 * READ_BACK)


def test_an_offer_that_could_not_be_read_is_looked_at_later() -> None:
    for state in (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNCERTAIN):
        later = outbox.postpone(entry(state), "busy", NOW)
        assert (later.state, later.next_at) == (state, NOW + timedelta(seconds=outbox.UNREADABLE_SECONDS))


def test_an_offer_that_could_not_be_read_does_not_make_an_answer_of_none() -> None:
    awaiting = entry(OutboxState.SENDING, next_at=None)
    assert outbox.postpone(awaiting, "busy", NOW) == awaiting


def test_rejecting_leaves_what_was_applied() -> None:
    done = item(result=Result.APPLIED)
    rejected = outbox.reject(entry(OutboxState.PENDING, done, stock("-3")), REASON, NOW)
    assert rejected.state is OutboxState.REJECTED
    assert [one.result for one in rejected.items] == [Result.APPLIED, Result.REJECTED]


@pytest.mark.parametrize(
    ("result", "state", "value"),
    [
        pytest.param(None, None, None, id="not done"),
        pytest.param(Result.APPLIED, EditState.APPLIED, "90.0000", id="applied"),
        pytest.param(Result.CHANGED_SINCE, EditState.APPLIED, "90.0000", id="changed since"),
        pytest.param(Result.ALREADY, EditState.APPLIED, "90.0000", id="already"),
        pytest.param(Result.REJECTED, EditState.REJECTED, "100.0000", id="rejected"),
        pytest.param(Result.REOPENED, None, None, id="goes back to the merge"),
    ],
)
def test_what_becomes_of_an_edit(result: Result | None, state: EditState | None, value: str | None) -> None:
    after = entry(OutboxState.SENDING, item(result=result))
    closed = outbox.closed_edits([item()], after)
    assert [(one.state, one.value) for one in closed] == ([] if state is None else [(state, value)])


def test_an_edit_is_closed_once_however_long_its_entry_waits_for_the_others() -> None:
    """The difference was taken off a later edit each time that the entry was written."""
    first = entry(OutboxState.SENDING, stock("-3", result=Result.APPLIED), item())
    assert [one.item.field for one in outbox.closed_edits([stock("-3"), item()], first)] == ["stock"]
    second = entry(OutboxState.APPLIED, stock("-3", result=Result.APPLIED), item(result=Result.APPLIED))
    assert [one.item.field for one in outbox.closed_edits(first.items, second)] == ["sale_price"]


CHANGED = (item(target=None, value="80.0000"),)
SAME = (item(target=None),)
APPROVED = {"approved_by": "ana", "approved_at": NOW}


@pytest.mark.parametrize(
    ("before", "items", "approve", "state", "approved"),
    [
        pytest.param(entry(OutboxState.PENDING), SAME, False, "pending", False, id="the same"),
        pytest.param(entry(OutboxState.PENDING), CHANGED, False, "pending", False, id="changed"),
        pytest.param(entry(OutboxState.PENDING), SAME, True, "waiting", False, id="approval is needed by now"),
        pytest.param(entry(OutboxState.PENDING, **APPROVED), SAME, True, "pending", True, id="approved"),
        pytest.param(entry(OutboxState.PENDING, **APPROVED), CHANGED, True, "waiting", False, id="approved otherwise"),
        pytest.param(entry(OutboxState.WAITING), SAME, False, "pending", False, id="approval is not needed by now"),
        pytest.param(entry(OutboxState.WAITING), CHANGED, True, "waiting", False, id="changed while it waits"),
    ],
)
def test_an_entry_follows_its_edits(
    before: OutboxEntry, items: tuple[Item, ...], approve: bool, state: str, approved: bool
) -> None:
    after = refresh(before._replace(hold_id=3), items, 20, approve=approve)
    assert (after.state, after.approved_by is not None) == (state, approved)
    is_same = items is SAME
    assert (after.items == before.items, after.hold_id, after.attempts) == (
        is_same,
        *((3, 1) if is_same else (None, 0)),
    )
