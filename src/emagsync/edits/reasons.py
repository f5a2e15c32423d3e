"""Why something of an edit did not go as asked: one sentence, kept as text, of which programs can tell which it is.

Each sentence is made here from a template, and only here; so a code and its values can be found again in the text that
was kept, and readers in other languages need not understand English. What has no code are eMAG's own words. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import BaseModel, Field


class ReasonCode(StrEnum):
    """The codes. They are stable: pages and programs translate them."""

    # Of a line or a change of the outbox
    REFUSED_BY_HOLD = "refused_by_hold"
    REFUSED_BY = "refused_by"
    NOTHING_LEFT = "nothing_left"
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
    # Of an edit that a sync met
    CHANGED_MEANWHILE = "changed_meanwhile"
    ALREADY = "already"
    EDIT_STANDS = "edit_stands"
    TAKEN_OFF = "taken_off"
    # Of an edit that a person ended
    WITHDRAWN_BY = "withdrawn_by"
    REPLACED_BY = "replaced_by"
    CHOSE_EMAG = "chose_emag"
    CHOSE_LOCAL = "chose_local"
    # Of a value that undoing leaves
    OFFER_GONE = "offer_gone"
    OTHER_SINCE = "other_since"
    NO_VALUE_BEFORE = "no_value_before"
    HAS_VALUE = "has_value"


_MEANWHILE: Final = "eMAG changed it from {base} to {emag}"

# In the order in which they are tried: what begins like another one, and is longer, goes first.
_SENTENCES: Final[Mapping[ReasonCode, str]] = {
    ReasonCode.REFUSED_BY_HOLD: "refused by {by} (hold {hold})",
    ReasonCode.REFUSED_BY: "refused by {by}",
    ReasonCode.NOTHING_LEFT: "its edits were withdrawn, settled or overtaken",
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
    ReasonCode.CHANGED_MEANWHILE: f"{_MEANWHILE} meanwhile",
    ReasonCode.ALREADY: "eMAG has {emag} already",
    ReasonCode.EDIT_STANDS: f"{_MEANWHILE}; the edit stands",
    ReasonCode.TAKEN_OFF: f"{_MEANWHILE}: as many are taken off the edit, from {{value}} to {{left}}",
    ReasonCode.WITHDRAWN_BY: "withdrawn by {by}",
    ReasonCode.REPLACED_BY: "replaced by {by}",
    ReasonCode.CHOSE_EMAG: "{by} chose eMAG's value",
    ReasonCode.CHOSE_LOCAL: "{by} chose it over eMAG's {emag}",
    ReasonCode.OTHER_SINCE: "it has changed since, to {value}",
    ReasonCode.NO_VALUE_BEFORE: "eMAG had no value before, and none can be sent",
    ReasonCode.HAS_VALUE: "it has this value",
}
_NOTHING: Final = "nothing"
_EXACT: Final = {"cause": r"\w+", "hold": r"\d+", "times": r"\d+"}


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    pattern = "".join(
        f"(?P<{part}>{_EXACT.get(part, '.*?')})" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
    return re.compile(pattern, re.DOTALL)


_PATTERNS: Final = {why: _pattern(sentence) for why, sentence in _SENTENCES.items()}


class Reason(NamedTuple):
    """Which sentence a text is, and the values in it."""

    why: ReasonCode
    values: Mapping[str, str]


class ReasonView(BaseModel):
    """A reason for programs: `code` is stable, `values` are what its sentence names, such as `by` or `emag`."""

    code: ReasonCode
    values: dict[str, str] = Field(description="By name. An empty one stands for: eMAG has no value.")


def told(why: ReasonCode, **values: object) -> str:
    """The sentence. A value of None is told as "nothing"."""
    return _SENTENCES[why].format(**{name: _NOTHING if value is None else value for name, value in values.items()})


def reason_of(text: str | None) -> Reason | None:
    """Which sentence a kept text is; None for eMAG's own words."""
    if text is None:
        return None
    for why, pattern in _PATTERNS.items():
        if (match := pattern.fullmatch(text)) is not None:
            return Reason(why, {name: "" if value == _NOTHING else value for name, value in match.groupdict().items()})
    return None


def reason_view(text: str | None) -> ReasonView | None:
    """The same, as the API shows it."""
    found = reason_of(text)
    return None if found is None else ReasonView(code=found.why, values=dict(found.values))
