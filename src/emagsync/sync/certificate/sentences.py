"""The reasons of a certificate in English sentences, for the API, the command line and logs. The page has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from emagsync.sync.certificate.schemas import CertificateReason, CertificateReasonCode, ReasonValue

Code = CertificateReasonCode

# A page list is shown up to here.
_SHOWN = 20

_SENTENCES: Final[Mapping[Code, str]] = {
    Code.NOT_ENDED: "The run has not ended: it is {status}.",
    Code.CANCELLED: "The run was stopped before its end.",
    Code.ENDED_EARLY: "The run ended before its time ({code}): {message}",
    Code.PAGES_UNREAD: "{count:page} could not be read: {pages}.",
    Code.LIST_MOVED: "The list went on moving in {count:reading}: offers may be missing.",
    Code.OFFERS_UNANSWERED: "eMAG did not answer for {count:offer} that had to be looked up.",
    Code.UNEXPLAINED: "The run ended as {status}, and what it noted does not say why.",
    Code.DRY_RUN: "It was a dry run: nothing was stored.",
    Code.SELECTION: "Only the offers that were selected were to be read.",
    Code.PAGE_LIMIT: "No more than {count:page} had to be read, and the list is longer.",
    Code.ROWS_UNREADABLE: "{count:row} could not be stored.",
    Code.UNKNOWN_KEPT: "{count:offer} that eMAG does not know any more stayed in the copy, because the reading was not "
    "complete.",
    Code.WHOLE_LIST: "Every page of the list was read: {count:offer} on {pages:page}.",
    Code.ACTIVE_ONLY: "The list was that of active offers; of the others, those were read that had been active before.",
    Code.STOOD_STILL: "The list stood still while it was read.",
    Code.READINGS_AGREE: "The list moved, or eMAG's count differed: it took {count:reading} until they agreed.",
    Code.COUNT_AGREES: "eMAG's own count agrees: {count:offer}.",
    Code.COUNT_DIFFERS: "eMAG's own count differs: {count:offer}. A count is not believed against readings that agree.",
    Code.COUNT_MISSING: "eMAG gave no count.",
    Code.LOOKED_UP: "Looked up by id: {count:offer}, of which eMAG does not know {unknown}.",
    Code.CONFIRMED: "{count:offer} were in neither of two readings, and the second stood still; eMAG does not know "
    "those of them that were asked for by id.",
    Code.RESUMED: "{count:page} had been read by the run that this one goes on from.",
    Code.NO_EVIDENCE: "The run is from before certificates: what eMAG counted and what was looked up is not known.",
}


def reason(code: CertificateReasonCode, /, **values: ReasonValue) -> CertificateReason:
    """A reason with its sentence. `values` are those that the sentence of the code names."""
    message = _SENTENCES[code].format(**{name: _Value(value) for name, value in values.items()})
    return CertificateReason(code=code, values=values, message=message)


class _Value:
    """A value in a sentence; `{count:page}` writes `1 page` or `3 pages`."""

    def __init__(self, value: ReasonValue) -> None:
        self._value = value

    def __format__(self, noun: str) -> str:
        value = self._value
        if isinstance(value, list):
            more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
            return ", ".join(map(str, value[:_SHOWN])) + more
        text = f"{value:,}" if isinstance(value, int) else value
        return f"{text} {noun}{'' if value == 1 else 's'}" if noun else text
