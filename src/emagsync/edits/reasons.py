"""Why an edit, a change in the outbox or a push did not go as asked.

A reason is stored as a code with its values, and becomes a sentence only where it is shown: in the API, the page, the
command line and the log. Readers in other languages need not understand English, and no name or value can be mistaken
for a part of a sentence. eMAG's words are a value of their code; what has no code is words that are only passed on.

The tables keep the English sentence beside the code, for people who read them by SQL; the program reads it only
where there is no code. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import orjson
from pydantic import BaseModel, Field

from emagsync.edits.refusals import ADVICE, Advice, advice_for, speaks_of_campaign


class ReasonCode(StrEnum):
    """The codes. They are stable: pages and programs translate them."""

    # Of an entry or a change of the outbox
    REFUSED_BY_HOLD = "refused_by_hold"
    REFUSED_BY = "refused_by"
    NOTHING_LEFT = "nothing_left"
    IN_CONFLICT = "in_conflict"
    INTERRUPTED = "interrupted"
    NOT_ITS_TURN = "not_its_turn"
    NOT_SHOWN = "not_shown"
    NO_EFFECT = "no_effect"
    OFFER_UNKNOWN = "offer_unknown"
    CHANGED_SINCE = "changed_since"
    OUTCOME_UNKNOWN = "outcome_unknown"
    THIRD_VALUE = "third_value"
    BELOW_MIN_PRICE = "below_min_price"
    ABOVE_MAX_PRICE = "above_max_price"
    NOT_ABOVE_SALE_PRICE = "not_above_sale_price"
    NOT_SENDABLE = "not_sendable"
    NO_CERTAIN_ANSWER = "no_certain_answer"
    NOT_SENT = "not_sent"
    UNREADABLE = "unreadable"
    PUSH_STOPPED = "push_stopped"
    REFUSED_BY_EMAG = "refused_by_emag"
    REFUSED_SILENTLY = "refused_silently"
    WAITS_FOR_CAMPAIGN = "waits_for_campaign"
    # Of an edit that a sync merged with eMAG's value
    CHANGED_MEANWHILE = "changed_meanwhile"
    OTHER_CURRENCY = "other_currency"
    ALREADY = "already"
    EDIT_STANDS = "edit_stands"
    TAKEN_OFF = "taken_off"
    # Of an edit that a person ended
    WITHDRAWN_BY = "withdrawn_by"
    REPLACED_BY = "replaced_by"
    CHOSE_EMAG = "chose_emag"
    CHOSE_LOCAL = "chose_local"
    # Of a value that undo leaves as it is
    OFFER_GONE = "offer_gone"
    OTHER_SINCE = "other_since"
    OTHER_CURRENCY_SINCE = "other_currency_since"
    NO_VALUE_BEFORE = "no_value_before"
    HAS_VALUE = "has_value"
    # Of a bulk change that was given up
    PREVIEW_BROKE = "preview_broke"
    BROKE_AGAIN = "broke_again"


_MEANWHILE: Final = "eMAG changed it from {base} to {emag}"

_SENTENCES: Final[Mapping[ReasonCode, str]] = {
    ReasonCode.REFUSED_BY_HOLD: "refused by {by} (hold {hold})",
    ReasonCode.REFUSED_BY: "refused by {by}",
    ReasonCode.NOTHING_LEFT: "its edits were withdrawn, settled or overtaken",
    ReasonCode.IN_CONFLICT: "eMAG changed the same value: the conflict waits for a decision",
    ReasonCode.INTERRUPTED: "the push was interrupted before eMAG's answer",
    ReasonCode.NOT_ITS_TURN: "the push was stopped before it was its turn",
    ReasonCode.NOT_SHOWN: "eMAG took it and still shows the value from before",
    ReasonCode.NO_EFFECT: "sent {times} times, and eMAG still shows the value from before",
    ReasonCode.OFFER_GONE: "eMAG does not know this offer any more",
    ReasonCode.OFFER_UNKNOWN: "eMAG does not know this offer",
    ReasonCode.CHANGED_SINCE: "eMAG took {target} and shows {shown} since",
    ReasonCode.OUTCOME_UNKNOWN: "not known whether eMAG took {target}: it shows {shown}, and had {before} before. "
    "It is not sent again; check the value and edit it anew",
    ReasonCode.THIRD_VALUE: "eMAG shows {shown}, which is neither {before} nor {target}",
    ReasonCode.BELOW_MIN_PRICE: "sale_price {price} would be below min_sale_price {limit}",
    ReasonCode.ABOVE_MAX_PRICE: "sale_price {price} would be above max_sale_price {limit}",
    ReasonCode.NOT_ABOVE_SALE_PRICE: "recommended_price {price} would not be above sale_price {limit}",
    ReasonCode.NOT_SENDABLE: "cannot be sent: {message}",
    ReasonCode.NO_CERTAIN_ANSWER: "no certain answer ({cause}): {message}",
    ReasonCode.NOT_SENT: "not sent ({cause}): {message}",
    ReasonCode.UNREADABLE: "could not be read back: {message}",
    ReasonCode.PUSH_STOPPED: "stopped ({cause}): {message}",
    ReasonCode.REFUSED_BY_EMAG: "eMAG refused it: {message}",
    ReasonCode.REFUSED_SILENTLY: "eMAG refused it without giving a reason",
    ReasonCode.WAITS_FOR_CAMPAIGN: "waits for a campaign to end, then it is sent again; eMAG says: {message}",
    ReasonCode.CHANGED_MEANWHILE: f"{_MEANWHILE} meanwhile",
    ReasonCode.OTHER_CURRENCY: "the offer was in {was} and is in {now} now: say what the price is to be in {now}",
    ReasonCode.ALREADY: "eMAG has {emag} already",
    ReasonCode.EDIT_STANDS: f"{_MEANWHILE}; the edit stands",
    ReasonCode.TAKEN_OFF: f"{_MEANWHILE}: as many are taken off the edit, from {{value}} to {{left}}",
    ReasonCode.WITHDRAWN_BY: "withdrawn by {by}",
    ReasonCode.REPLACED_BY: "replaced by {by}",
    ReasonCode.CHOSE_EMAG: "{by} chose eMAG's value",
    ReasonCode.CHOSE_LOCAL: "{by} chose it over eMAG's {emag}",
    ReasonCode.OTHER_CURRENCY_SINCE: "the offer was in {was} then and is in {now} now",
    ReasonCode.OTHER_SINCE: "it has changed since, to {value}",
    ReasonCode.NO_VALUE_BEFORE: "eMAG had no value before, and none can be sent",
    ReasonCode.HAS_VALUE: "it has this value",
    ReasonCode.PREVIEW_BROKE: "the preview broke; the server's log says why at {error_id}",
    ReasonCode.BROKE_AGAIN: "it broke at the same place {times} times; the server's log says why",
}
_NO_VALUE: Final = "nothing"
# The value that names what to do about a refusal, where that is known.
_ADVICE_VALUE: Final = "advice"
_ADVICE_OF_CODE: Final = {advice.value: advice for advice in Advice}


@dataclass(frozen=True)
class Reason:
    """A code with the values that its sentence names, or, where there is no code, somebody else's `words`.

    A value of None means that eMAG has no value. Make one by `Reason.of` or `Reason.quoted`.
    """

    code: ReasonCode | None
    values: Mapping[str, str | None] = field(default_factory=dict)
    words: str = ""

    @classmethod
    def of(cls, code: ReasonCode, **values: object) -> Reason:
        """A reason of ours; `values` are those that the code's sentence names."""
        return cls(code, {name: None if value is None else str(value) for name, value in values.items()})

    @classmethod
    def quoted(cls, words: str) -> Reason:
        """Words that are not ours, passed on as they are."""
        return cls(None, words=words)

    @classmethod
    def refusal(cls, words: Sequence[str]) -> Reason:
        """Why eMAG refused a change, in its own words, with what to do about it where that is known; or, where a
        campaign is the reason, that the change waits for its end."""
        if not words:
            return cls.of(ReasonCode.REFUSED_SILENTLY)
        message = "; ".join(words)
        if speaks_of_campaign(words):
            return cls.of(ReasonCode.WAITS_FOR_CAMPAIGN, message=message)
        advice = advice_for(words)
        known = {} if advice is None else {_ADVICE_VALUE: advice.value}
        return cls.of(ReasonCode.REFUSED_BY_EMAG, message=message, **known)

    @property
    def is_refusal(self) -> bool:
        """Whether eMAG has refused the change for good."""
        return self.code in (ReasonCode.REFUSED_BY_EMAG, ReasonCode.REFUSED_SILENTLY)

    @property
    def is_campaign(self) -> bool:
        """Whether the change waits for the end of a campaign."""
        return self.code is ReasonCode.WAITS_FOR_CAMPAIGN

    @property
    def advice(self) -> Advice | None:
        """What to do about it, where that is known."""
        code = self.values.get(_ADVICE_VALUE)
        return None if code is None else _ADVICE_OF_CODE.get(code)

    @cached_property
    def text(self) -> str:
        """An English sentence, or the quoted words. One reason may be that of very many changes."""
        if self.code is None:
            return self.words
        shown = {name: _NO_VALUE if value is None else value for name, value in self.values.items()}
        sentence = _SENTENCES[self.code].format(**shown)
        return sentence if self.advice is None else f"{sentence.rstrip('.')}. What to do: {ADVICE[self.advice]}"


class ReasonView(BaseModel):
    """A reason for programs: `code` is stable, `values` are what its sentence names, such as `by` or `emag`; of a
    refusal of eMAG's its words (`message`) and, where that is known, what to do (`advice`, a stable code)."""

    code: ReasonCode
    values: dict[str, str] = Field(description="By name. An empty one stands for: eMAG has no value.")


def reason_text(reason: Reason | None) -> str | None:
    """The reason as an English sentence, or the quoted words; None where there is no reason."""
    return None if reason is None else reason.text


def reason_view(reason: Reason | None) -> ReasonView | None:
    """The code and values as the API shows them; None where there is no reason, or only quoted words."""
    if reason is None or reason.code is None:
        return None
    return ReasonView(code=reason.code, values={name: value or "" for name, value in reason.values.items()})


def reason_fields(reason: Reason | None) -> dict[str, Any]:
    """The reason as it is stored: `reason` (its text), `reason_code` and `reason_values`, of which some may be None."""
    code = None if reason is None else reason.code
    return {
        "reason": reason_text(reason),
        "reason_code": None if code is None else code.value,
        "reason_values": None if reason is None or code is None else dict(reason.values),
    }


def reason_columns(reason: Reason | None) -> dict[str, str | None]:
    """The same as columns of a table, with the values as JSON."""
    fields = reason_fields(reason)
    values = fields["reason_values"]
    return fields | {"reason_values": None if values is None else orjson.dumps(values).decode()}


def stored_reason(text: str | None, code: str | None, values: Mapping[str, str | None] | None) -> Reason | None:
    """The reason that was stored so."""
    if code is not None:
        return Reason(ReasonCode(code), values or {})
    return None if text is None else Reason.quoted(text)


def reason_in(row: Any, text_column: str = "reason") -> Reason | None:
    """The reason in a row of a table; `text_column` is the one that holds its text."""
    values = row.reason_values
    return stored_reason(getattr(row, text_column), row.reason_code, None if values is None else orjson.loads(values))
