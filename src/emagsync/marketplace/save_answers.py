"""What the answer to a save says about each offer that was sent: taken, refused, or nothing at all. Pure.

Source: eMAG's API documentation v4.5.1, "Writing offers", and what integrations have [seen] in production:

- `offer/save` answers per offer, in `results`: `{"1235122": {"isError": false, "messages": [...]}, ...}`. `false`
  outside does not mean that an offer was taken. Other shapes must be expected: a list of such objects, with the id
  inside or as their key; ids that are missing; ids that nobody asked about; the parts of a verdict as other types.
- `product_offer/save` answers for the whole call. [seen] It can refuse part of a list: messages that name
  `Product id: N` speak of those, the others were saved. Objections to a product's *documentation* are remarks: the
  offer was saved all the same.

An offer is taken only where the answer says so in so many words, and refused likewise. Whatever is missing, odd or
contradicts itself is unknown: the offer is to be read back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from emagsync.marketplace.envelope import Envelope, refusal_of, result_value, texts, texts_in
from emagsync.marketplace.errors import NotJson

# Enough for 50 offers with several complaints each.
_MOST_MESSAGES: Final = 500
_DEEPEST: Final = 4
# [seen] `4032254753475 is not a valid EAN. - Product id: 1000001088`, `Offer 1000000388 not found`
_NAMED_ID: Final = re.compile(r"\b(?:(?:product|offer)[ _]id\s*[:=#]?|offer)\s*(\d{1,18})\b", re.IGNORECASE)
_DOCUMENTATION: Final = re.compile(r"documentation|^\W*warning\b", re.IGNORECASE)
# Nothing of the whole list was saved, whatever else the message says.
_WHOLE_LIST: Final = re.compile(r"maximum input vars", re.IGNORECASE)
# The contract counts it among the refusals of a whole list; where it names one offer, the others are to be read.
_MAY_BE_WHOLE_LIST: Final = re.compile(r"you already hold a product", re.IGNORECASE)
# [seen] About the documentation, and yet the offer was not saved.
_NOT_SAVED: Final = re.compile(r"maximum input vars|you already hold|duplicated product|not a valid ean", re.IGNORECASE)


class Verdict(StrEnum):
    """What eMAG said about one offer of a save."""

    TAKEN = "taken"  # to be read back before it is believed
    REFUSED = "refused"  # not saved; the same would be refused again
    UNKNOWN = "unknown"  # the answer does not say: to be read back before anything else is sent


class OfferVerdict(NamedTuple):
    """The verdict about one offer, with eMAG's own words about it: why it was refused, or remarks."""

    verdict: Verdict
    words: tuple[str, ...] = ()


class SaveResult(NamedTuple):
    """eMAG's verdict about each offer of a save, by id, in the order in which they were sent.

    Read the taken and the unknown ones back before believing anything. `remarks` are about no offer in particular.
    `is_whole_refusal`: the call was refused as a whole, because of the refused ones. The unknown ones were then not
    saved either, as far as eMAG says, and may be sent again without them.
    """

    verdicts: Mapping[int, OfferVerdict]
    remarks: tuple[str, ...] = ()
    is_whole_refusal: bool = False

    @property
    def taken(self) -> dict[int, tuple[str, ...]]:
        """The offers that eMAG says it has saved, with its remarks about them."""
        return self._those(Verdict.TAKEN)

    @property
    def refused(self) -> dict[int, tuple[str, ...]]:
        """The offers that eMAG did not save, with its words why."""
        return self._those(Verdict.REFUSED)

    @property
    def unknown(self) -> dict[int, tuple[str, ...]]:
        """The offers that the answer leaves open, with what it says about them all the same."""
        return self._those(Verdict.UNKNOWN)

    def with_words(self, change: Callable[[str], str]) -> SaveResult:
        """The same, each of eMAG's words as `change` makes it."""
        verdicts = {
            emag_id: one._replace(words=tuple(map(change, one.words))) for emag_id, one in self.verdicts.items()
        }
        return self._replace(verdicts=verdicts, remarks=tuple(map(change, self.remarks)))

    def _those(self, verdict: Verdict) -> dict[int, tuple[str, ...]]:
        return {emag_id: one.words for emag_id, one in self.verdicts.items() if one.verdict is verdict}


Judge = Callable[[Envelope, Sequence[int]], SaveResult]


def judge_offer_save(envelope: Envelope, ids: Sequence[int]) -> SaveResult:
    """The answer to an `offer/save` of these offers. Raises WriteRefused where the whole call was refused and no offer
    was named: nothing was saved, and nobody knows because of which."""
    said = texts(envelope, _MOST_MESSAGES)
    verdicts = _verdicts_in(_results(envelope), ids)
    if not envelope.refuses:
        return SaveResult({emag_id: verdicts.get(emag_id, _NOT_MENTIONED) for emag_id in ids}, said)
    named, others = _by_offer(said, ids)
    verdicts |= {emag_id: OfferVerdict(Verdict.REFUSED, words) for emag_id, words in named.items()}
    if not any(one.verdict is Verdict.REFUSED for one in verdicts.values()):
        raise refusal_of(envelope, is_write=True)
    verdicts = {emag_id: verdicts.get(emag_id, _NOT_MENTIONED) for emag_id in ids}
    return SaveResult(verdicts, others, is_whole_refusal=True)


def judge_product_offer_save(envelope: Envelope, ids: Sequence[int]) -> SaveResult:
    """The answer to a `product_offer/save` of these offers. Raises WriteRefused where nothing was saved, or an
    objection names no offer."""
    said = texts(envelope, _MOST_MESSAGES)
    named, others = _by_offer(said, ids)
    if not envelope.refuses:
        taken = {emag_id: OfferVerdict(Verdict.TAKEN, named.get(emag_id, ())) for emag_id in ids}
        certain = {
            emag_id: one
            for emag_id, one in _verdicts_in(_results(envelope), ids).items()
            if one.verdict is not Verdict.UNKNOWN
        }
        return SaveResult(taken | certain, others)
    refused = {emag_id for emag_id, words in named.items() if not all(map(_is_remark, words))}
    is_general = not all(map(_is_remark, others))
    if not said or any(map(_WHOLE_LIST.search, said)) or (is_general and not refused):
        raise refusal_of(envelope, is_write=True)
    # An objection that names nobody may be about any of those that are not named.
    rest = Verdict.UNKNOWN if is_general or any(map(_MAY_BE_WHOLE_LIST.search, said)) else Verdict.TAKEN
    return SaveResult(
        {
            emag_id: OfferVerdict(Verdict.REFUSED if emag_id in refused else rest, named.get(emag_id, ()))
            for emag_id in ids
        },
        others,
    )


_NOT_MENTIONED: Final = OfferVerdict(Verdict.UNKNOWN)


def _is_remark(message: str) -> bool:
    return bool(_DOCUMENTATION.search(message)) and not _NOT_SAVED.search(message)


def _results(envelope: Envelope) -> object:
    try:
        return result_value(envelope)
    except NotJson:  # the envelope could be read, so this is eMAG's answer, and it says nothing about any offer
        return None


def _by_offer(said: Sequence[str], ids: Sequence[int]) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
    """The messages by the sent offers that they name, and those that name none of them."""
    sent = set(ids)
    named: dict[int, tuple[str, ...]] = {}
    others: list[str] = []
    for message in said:
        meant = {int(digits) for digits in _NAMED_ID.findall(message)} & sent
        for emag_id in meant:
            named[emag_id] = (*named.get(emag_id, ()), message)
        if not meant:
            others.append(message)
    return named, tuple(others)


def _verdicts_in(results: object, ids: Sequence[int]) -> dict[int, OfferVerdict]:
    """The verdicts about sent offers that `results` holds, in whatever shape it came."""
    said: dict[int, list[OfferVerdict]] = {emag_id: [] for emag_id in ids}
    for emag_id, verdict in _walk(results, None, 0):
        if emag_id in said:
            said[emag_id].append(verdict)
    return {emag_id: _together(verdicts) for emag_id, verdicts in said.items() if verdicts}


def _walk(value: object, emag_id: int | None, depth: int) -> Iterator[tuple[int, OfferVerdict]]:
    """Every verdict within `value`, which stands under the key `emag_id`, as far as that is an id."""
    if depth > _DEEPEST:  # bounded, because what is nested comes from outside
        return
    if isinstance(value, dict):
        own = _id(value.get("id")) or emag_id
        if "isError" in value:
            if own is not None:
                yield own, _verdict(value)
            return
        for key, inner in value.items():
            of_key = _id(key)
            if isinstance(inner, dict | list) or of_key:
                yield from _walk(inner, of_key or own, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, emag_id, depth + 1)
    elif isinstance(value, str) and emag_id is not None:
        yield emag_id, OfferVerdict(Verdict.UNKNOWN, texts_in(value))


def _verdict(value: Mapping[str, Any]) -> OfferVerdict:
    is_error = _flag(value["isError"])
    words = texts_in([value.get(key) for key in ("messages", "message", "errors", "error")])
    if is_error is None:
        return OfferVerdict(Verdict.UNKNOWN, words)
    return OfferVerdict(Verdict.REFUSED if is_error else Verdict.TAKEN, words)


def _flag(value: object) -> bool | None:
    """A boolean as JSON has it, or as PHP may write it; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"1": True, "true": True, "0": False, "false": False}.get(str(value).casefold())


def _together(verdicts: Sequence[OfferVerdict]) -> OfferVerdict:
    """One verdict out of several about the same offer; those that contradict each other say nothing."""
    words = tuple(dict.fromkeys(word for one in verdicts for word in one.words))
    certain = {one.verdict for one in verdicts} - {Verdict.UNKNOWN}
    return OfferVerdict(certain.pop() if len(certain) == 1 else Verdict.UNKNOWN, words)


def _id(value: object) -> int | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
