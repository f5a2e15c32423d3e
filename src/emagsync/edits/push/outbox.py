"""An entry of the outbox: one offer's changes on their way to eMAG, the states it goes through, and who moves it. Pure.

                 needs_approval            claimed              no_answer, interrupted,
      WAITING <-----------------> PENDING ---------> SENDING ----- not_shown ---------> UNCERTAIN
               approved, queued      ^  ^              | |                                  |
                                     |  +-- not_sent, -+ |                                  |
                                     |      deferred     |                                  |
                                     +------------------ | ------- not_taken ---------------+
                                                         v
                              APPLIED, REJECTED, DROPPED: final, whatever came before

WAITING    A person has to approve it first. Only where the account's push setting is `approve`.
PENDING    To be sent, with `next_at` not before then: eMAG takes no changes of an offer in a campaign, and is asked
           again after a while. Anybody may still change or reject its edits.
SENDING    Claimed by a push. Without `next_at`, eMAG's answer is still awaited; with it, eMAG has accepted the changes
           and the offer is read back at that time. What eMAG refuses by name is not read back and not sent again.
UNCERTAIN  eMAG may or may not have the changes, since its answer did not come, or they did not show. The offer is read
           back before anything else is sent for it, until it shows them or has had the time to.

Who may move an entry:
- Out of WAITING and PENDING: whoever locks the row, that is a person (approve, reject), a refused hold of the brake, or
  a push. Their edits may be withdrawn or replaced at any time: a push brings the entry up to date before it claims it.
- Out of SENDING and UNCERTAIN: only the push that holds the account's lease, in a transaction that renews the lease. A
  new push first makes UNCERTAIN what the one before it left SENDING without an answer.
- Nobody moves a final entry. A later edit of the offer makes a new one; the database allows one that is not final for
  each offer.

What would break otherwise: an entry that went from SENDING or UNCERTAIN to PENDING without reading the offer would be
sent twice, and a difference ("3 pieces less") might be applied twice. An edit that was merged with eMAG's value while
its entry was SENDING would count our own change as eMAG's; therefore merges leave out offers with such entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from emagsync.edits.fields import Values
from emagsync.edits.push.items import (
    DONE_WELL,
    Item,
    Result,
    judge_accepted,
    judge_shown,
    judge_uncertain,
    price_problem,
    reasons,
    reject_rest,
    sending_problem,
    unsent,
    with_target,
)
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.refusals import remarks_in
from emagsync.edits.states import FINAL_STATES, EditState, OutboxState
from emagsync.marketplace.save_answers import OfferVerdict, Verdict

# How often a change is sent that eMAG accepts without showing it, or whose answers are lost.
MOST_ATTEMPTS: Final = 5
# An offer that could not be read back is read again after that.
UNREADABLE_SECONDS: Final = 10.0
# eMAG may need a moment to show what it accepted: the offer is first read again after that.
SOONEST_READ_BACK_SECONDS: Final = 0.25
# An offer in a campaign: eMAG is asked again after that, each time after twice as long.
SOONEST_AFTER_CAMPAIGN_SECONDS: Final = 300.0
LATEST_AFTER_CAMPAIGN_SECONDS: Final = 3600.0
_CAUSE_NOT_MENTIONED: Final = "not_in_answer"


class Event(StrEnum):
    """What moves an entry from one state to another, or lets it stay for a stated reason."""

    NEEDS_APPROVAL = "needs_approval"  # its edits have changed, or the setting: a person has to look
    QUEUED = "queued"  # its edits have changed, or the setting: it may be sent without a person
    APPROVED = "approved"  # by a person
    EMPTIED = "emptied"  # none of its edits is open any more
    CLAIMED = "claimed"  # a push sends it now
    ACCEPTED = "accepted"  # eMAG says that it has taken the changes
    NOT_SENT = "not_sent"  # eMAG has certainly not taken them
    DEFERRED = "deferred"  # eMAG has refused them because of a campaign: it will take them when that is over
    NO_ANSWER = "no_answer"  # no answer, or one that leaves it open
    INTERRUPTED = "interrupted"  # the push ended before eMAG's answer
    NOT_SHOWN_YET = "not_shown_yet"  # read back: eMAG may still be about to show them
    NOT_SHOWN = "not_shown"  # eMAG accepted the changes, and still does not show them
    NOT_TAKEN = "not_taken"  # read back: eMAG does not have them, so they may be sent again
    POSTPONED = "postponed"  # the offer could not be read
    APPLIED = "applied"  # all changes are done with, and eMAG has those that were not reopened
    REJECTED = "rejected"  # all are done with, and at least one was refused
    REOPENED = "reopened"  # all are done with, and go back to the merge


_WAITING, _PENDING = OutboxState.WAITING, OutboxState.PENDING
_SENDING, _UNCERTAIN = OutboxState.SENDING, OutboxState.UNCERTAIN

TRANSITIONS: Final[Mapping[tuple[OutboxState, Event], OutboxState]] = {
    (_WAITING, Event.NEEDS_APPROVAL): _WAITING,
    (_WAITING, Event.QUEUED): _PENDING,
    (_WAITING, Event.APPROVED): _PENDING,
    (_WAITING, Event.EMPTIED): OutboxState.DROPPED,
    (_WAITING, Event.REJECTED): OutboxState.REJECTED,
    (_PENDING, Event.NEEDS_APPROVAL): _WAITING,
    (_PENDING, Event.QUEUED): _PENDING,
    (_PENDING, Event.EMPTIED): OutboxState.DROPPED,
    (_PENDING, Event.CLAIMED): _SENDING,
    (_PENDING, Event.POSTPONED): _PENDING,
    (_PENDING, Event.APPLIED): OutboxState.APPLIED,
    (_PENDING, Event.REJECTED): OutboxState.REJECTED,
    (_PENDING, Event.REOPENED): OutboxState.DROPPED,
    (_SENDING, Event.ACCEPTED): _SENDING,
    (_SENDING, Event.NOT_SENT): _PENDING,
    (_SENDING, Event.DEFERRED): _PENDING,
    (_SENDING, Event.NO_ANSWER): _UNCERTAIN,
    (_SENDING, Event.INTERRUPTED): _UNCERTAIN,
    (_SENDING, Event.NOT_SHOWN_YET): _SENDING,
    (_SENDING, Event.NOT_SHOWN): _UNCERTAIN,
    (_SENDING, Event.POSTPONED): _SENDING,
    (_SENDING, Event.APPLIED): OutboxState.APPLIED,
    (_SENDING, Event.REJECTED): OutboxState.REJECTED,
    (_UNCERTAIN, Event.NOT_SHOWN_YET): _UNCERTAIN,
    (_UNCERTAIN, Event.NOT_TAKEN): _PENDING,
    (_UNCERTAIN, Event.POSTPONED): _UNCERTAIN,
    (_UNCERTAIN, Event.APPLIED): OutboxState.APPLIED,
    (_UNCERTAIN, Event.REJECTED): OutboxState.REJECTED,
    (_UNCERTAIN, Event.REOPENED): OutboxState.DROPPED,
}


class ForbiddenTransition(Exception):
    """The event cannot happen to an entry in that state: a mistake in the program."""

    def __init__(self, state: OutboxState, event: Event) -> None:
        super().__init__(f"An entry of the outbox that is {state} cannot be {event}.")


def transition(state: OutboxState, event: Event) -> OutboxState:
    """The state after an event. Raises ForbiddenTransition."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ForbiddenTransition(state, event) from None


class Lines(NamedTuple):
    """Which entries of the outbox: those that meet everything that is given; `ids` are the entries' own.

    `unchanged_since`: only entries that are since then what they are now, as somebody saw them. `held`: only entries
    that a hold of the brake keeps from being sent. `offers`: eMAG's ids by account, where an empty one finds none.
    """

    ids: Sequence[int] | None = None
    account: str | None = None
    emag_id: int | None = None
    states: Sequence[OutboxState] = ()
    push_id: str | None = None
    unchanged_since: datetime | None = None
    held: bool = False
    offers: Mapping[str, Collection[int]] | None = None


class OutboxEntry(NamedTuple):
    """One row of the outbox: an offer's changes, and where they are. Times are aware UTC.

    `batch_id` is shared by the entries of one save, `alarm` is what the brake counts the entry as, `hold_id` the hold
    that was released for it. `sent_at` is when it was claimed, and from the answer on when that came, or was given up:
    until then eMAG may have been at work on it.
    """

    id: int
    account: str
    emag_id: int
    items: tuple[Item, ...]
    state: OutboxState
    attempts: int
    reason: Reason | None
    push_id: str | None
    batch_id: str | None
    created_at: datetime
    updated_at: datetime
    # Not to be sent or read back before then. SENDING without it: eMAG's answer is still awaited.
    next_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    alarm: str | None
    hold_id: int | None

    @property
    def is_done(self) -> bool:
        """Whether all of its changes are done with."""
        return all(item.is_done for item in self.items)

    @property
    def is_final(self) -> bool:
        """Whether nothing moves it any more."""
        return self.state in FINAL_STATES

    @property
    def awaits_answer(self) -> bool:
        """Whether it was sent, and eMAG's answer is not known yet."""
        return self.state is OutboxState.SENDING and self.next_at is None

    def was_answered_by(self, moment: datetime) -> bool:
        """Whether who asks eMAG at that moment can see what became of it; also where nobody knows when it was sent."""
        return self.sent_at is None or self.sent_at <= moment

    @property
    def waits_for_campaign(self) -> bool:
        """Whether eMAG has refused it because of a campaign, and nothing else has happened to it since."""
        return self.reason is not None and self.reason.is_campaign

    @property
    def asks_for_difference(self) -> bool:
        """Whether a change of it is a difference that was not turned into a value yet."""
        return any(item.is_relative and item.target is None for item in self.items)

    def moved(self, event: Event, **changes: Any) -> OutboxEntry:
        """The entry after the event, with other fields changed too. Raises ForbiddenTransition."""
        return self._replace(state=transition(self.state, event), **changes)


class Answer(NamedTuple):
    """What the answer to a save says about one offer: `event` is ACCEPTED, NOT_SENT, NO_ANSWER, or REJECTED where eMAG
    refused it by name. A save that was refused as a whole is none of them: the offer is read, and then `judge_refusal`
    decides. `remarks` are eMAG's words about what it has taken."""

    event: Event
    reason: Reason | None = None
    remarks: str | None = None

    @classmethod
    def of(cls, said: OfferVerdict) -> Answer:
        """What eMAG's verdict about the offer means."""
        match said.verdict:
            case Verdict.TAKEN:
                return cls(Event.ACCEPTED, remarks=remarks_in(said.words))
            case Verdict.REFUSED:
                return cls(Event.REJECTED, Reason.refusal(said.words))
            case Verdict.UNKNOWN:
                message = "; ".join(said.words) or "eMAG's answer does not mention the offer"
                unknown = Reason.of(ReasonCode.NO_CERTAIN_ANSWER, cause=_CAUSE_NOT_MENTIONED, message=message)
                return cls(Event.NO_ANSWER, unknown)


# Before it is sent


def claim(
    entry: OutboxEntry, items: tuple[Item, ...], current: Values, *, approve: bool, push_id: str, now: datetime
) -> OutboxEntry:
    """A pending entry as a push may send it now: SENDING, or ended or WAITING where there is nothing to send.

    `items` are what its edits ask for at this moment, `current` eMAG's values. `approve`: a person must have seen them.
    """
    if not items:
        return drop(entry, now)
    if approve and changes_of(items) != changes_of(entry.items):
        return entry.moved(Event.NEEDS_APPROVAL, items=items, approved_by=None, approved_at=None, hold_id=None)
    # What was sent before keeps its target: sending that again has no further effect.
    items = tuple(
        judge_uncertain(item, current) if item.target is not None else with_target(item, current) for item in items
    )
    problem = price_problem(items, current) or sending_problem(entry.emag_id, items)
    if problem is not None:
        items = reject_rest(items, problem)
    entry = entry._replace(items=items, push_id=push_id, next_at=None)
    if entry.is_done:
        return _ended(entry, now)
    # How often eMAG has pointed to a campaign is needed again, should it do so once more.
    reason = entry.reason if entry.waits_for_campaign else None
    return entry.moved(Event.CLAIMED, attempts=entry.attempts + 1, sent_at=now, reason=reason, finished_at=None)


def drop(entry: OutboxEntry, now: datetime, why: ReasonCode = ReasonCode.NOTHING_LEFT) -> OutboxEntry:
    """The entry, ended without anything being sent, because none of its edits may be sent any more."""
    return entry.moved(Event.EMPTIED, reason=Reason.of(why), finished_at=now, next_at=None)


def reject(entry: OutboxEntry, reason: Reason, now: datetime) -> OutboxEntry:
    """The entry, ended by a person, or because eMAG does not know the offer: what is not done with is rejected."""
    return _ended(entry._replace(items=reject_rest(entry.items, reason)), now)


# After it was sent


def judge_answer(entry: OutboxEntry, answer: Answer, now: datetime) -> OutboxEntry:
    """The entry after eMAG's answer to the save that it was part of."""
    match answer.event, answer.reason:
        case Event.ACCEPTED, _:
            items = tuple(item if item.is_done else replace(item, remarks=answer.remarks) for item in entry.items)
            return entry.moved(Event.ACCEPTED, items=items, reason=None, sent_at=now, next_at=now)
        case Event.NOT_SENT, reason:
            return _back_to_pending(entry, Event.NOT_SENT, reason=reason)
        case Event.REJECTED, Reason() as reason:
            return judge_refusal(entry, reason, now)
        case event, reason:
            # Reading the offer after a refusal may have ended the entry: eMAG does not know the offer any more.
            return entry if entry.is_final else entry.moved(event, reason=reason, sent_at=now, next_at=now)


def judge_refusal(entry: OutboxEntry, reason: Reason, now: datetime, *, read: Values | None = None) -> OutboxEntry:
    """The entry after eMAG refused it: rejected, or to be sent again when a campaign is over.

    `read`: what the offer showed since, where the save was refused as a whole; what it shows as sent, it took.
    """
    if read is not None:
        entry = entry._replace(items=tuple(judge_shown(item, read) for item in entry.items))
    if entry.is_done:
        return _ended(entry, now)
    return _deferred(entry, reason, now) if reason.is_campaign else reject(entry, reason, now)


def _deferred(entry: OutboxEntry, reason: Reason, now: datetime) -> OutboxEntry:
    """The entry, to be sent again after a wait that grows with each refusal in a row."""
    before = entry.reason.values.get("times") if entry.reason is not None and entry.reason.is_campaign else None
    times = int(before or 0) + 1
    seconds = min(LATEST_AFTER_CAMPAIGN_SECONDS, SOONEST_AFTER_CAMPAIGN_SECONDS * 2.0 ** min(times - 1, 10))
    counted = Reason.of(ReasonCode.WAITS_FOR_CAMPAIGN, **{**reason.values, "times": times})
    return _back_to_pending(entry, Event.DEFERRED, reason=counted, next_at=now + timedelta(seconds=seconds))


def _back_to_pending(entry: OutboxEntry, event: Event, **changes: Any) -> OutboxEntry:
    """The entry after a sending that eMAG has certainly not taken: it counts as none."""
    attempts = entry.attempts - 1
    # After an earlier sending whose answer was lost, only the same targets are sent again (see `claim`).
    items = entry.items if attempts else tuple(unsent(item) for item in entry.items)
    return entry.moved(event, attempts=attempts, items=items, sent_at=None, **changes)


def judge_read_back(
    entry: OutboxEntry, read: Values, *, asked_at: datetime, readback_seconds: float, now: datetime
) -> OutboxEntry:
    """The entry after its offer was `read`, for which eMAG was asked at `asked_at`: ended, to be read again, uncertain,
    or to be sent again.

    What eMAG has taken may take up to `readback_seconds` to show, whether its answer said so or was lost: before that,
    the value from before is no sign that it was not taken, and sending it again would send it twice. An entry whose
    answer is still awaited (`awaits_answer`) is not judged: its changes may arrive at any moment. What counts is when
    eMAG was asked: an answer may take longer to come than a change to show.
    """
    was_accepted = entry.state is OutboxState.SENDING
    judge = judge_accepted if was_accepted else judge_uncertain
    entry = entry._replace(items=tuple(judge(item, read) for item in entry.items))
    if entry.is_done:
        return _ended(entry, now)
    elapsed = readback_seconds if entry.sent_at is None else (asked_at - entry.sent_at).total_seconds()
    if elapsed < readback_seconds:
        pause = max(SOONEST_READ_BACK_SECONDS, min(elapsed / 2, readback_seconds - elapsed))
        return entry.moved(Event.NOT_SHOWN_YET, next_at=now + timedelta(seconds=pause))
    if was_accepted:
        return entry.moved(Event.NOT_SHOWN, reason=Reason.of(ReasonCode.NOT_SHOWN), next_at=now)
    if entry.attempts >= MOST_ATTEMPTS:
        return reject(entry, Reason.of(ReasonCode.NO_EFFECT, times=MOST_ATTEMPTS), now)
    return entry.moved(Event.NOT_TAKEN, next_at=None)


def postpone(entry: OutboxEntry, message: str, now: datetime) -> OutboxEntry:
    """The entry whose offer could not be read, because of `message`: it is looked at again later.

    One whose answer is still awaited stays as it is: with `next_at` it would count as accepted.
    """
    if entry.awaits_answer:
        return entry
    later = now + timedelta(seconds=UNREADABLE_SECONDS)
    return entry.moved(Event.POSTPONED, next_at=later, reason=Reason.of(ReasonCode.UNREADABLE, message=message))


# What becomes of its edits


def waiting_edits(before: OutboxEntry, after: OutboxEntry) -> list[int]:
    """The edits that have just come to wait for the end of a campaign: with their entry, or as new ones of an offer
    whose entry waits. They stay open."""
    if after.state is not OutboxState.PENDING or not after.waits_for_campaign:
        return []
    waits = before.state is OutboxState.PENDING and before.waits_for_campaign
    known = {item.edit_id for item in before.items} if waits else set()
    return [item.edit_id for item in after.items if not item.is_done and item.edit_id not in known]


# None: the edit stays open.
EDIT_STATES: Final[Mapping[Result | None, EditState | None]] = {
    None: None,
    Result.APPLIED: EditState.APPLIED,
    Result.CHANGED_SINCE: EditState.APPLIED,
    Result.ALREADY: EditState.APPLIED,
    Result.REJECTED: EditState.REJECTED,
    Result.REOPENED: None,
}


@dataclass(frozen=True)
class ClosedEdit:
    """An edit that a change of an entry closes. `value` is what eMAG has of the field then."""

    account: str
    emag_id: int
    item: Item
    state: EditState

    @property
    def value(self) -> str | None:
        """What eMAG has: what was sent, or, where that was rejected, what it had before."""
        return self.item.target if self.is_applied else self.item.before

    @property
    def is_applied(self) -> bool:
        """Whether eMAG has what the edit asked for: later edits of the field then start from that."""
        return self.state is EditState.APPLIED

    @property
    def is_refused(self) -> bool:
        """Whether it did not go through, and not because a person said so."""
        reason = self.item.reason
        by_person = reason is not None and reason.code in (ReasonCode.REFUSED_BY, ReasonCode.REFUSED_BY_HOLD)
        return self.state is EditState.REJECTED and not by_person


def closed_edits(before: Sequence[Item], after: OutboxEntry) -> list[ClosedEdit]:
    """The edits that the entry closes, now that it is as `after`; those that it closed `before` are left out, since a
    difference must be taken off a later edit of the field only once."""
    known = {(item.edit_id, item.key): item.result for item in before}
    return [
        ClosedEdit(after.account, after.emag_id, item, state)
        for item in after.items
        if (state := EDIT_STATES[item.result]) is not None and known.get((item.edit_id, item.key)) is not item.result
    ]


def changes_of(items: Iterable[Item]) -> list[tuple[str, int, str, str]]:
    """What the items ask for, to be compared: whichever edits ask for it, in any order."""
    return sorted(item.change for item in items)


def _ended(entry: OutboxEntry, now: datetime) -> OutboxEntry:
    """The entry, all of whose changes are done with, in its final state."""
    results = {item.result for item in entry.items}
    if Result.REJECTED in results:
        event = Event.REJECTED
    elif results & set(DONE_WELL):
        event = Event.APPLIED
    else:
        event = Event.REOPENED
    return entry.moved(event, reason=reasons(entry.items), finished_at=now, next_at=None)
