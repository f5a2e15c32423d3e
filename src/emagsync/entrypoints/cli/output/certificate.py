"""A run's certificate as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from emagsync.entrypoints.cli.output.text import count, moment, plural
from emagsync.sync.certificate.schemas import (
    Certificate,
    CertificateVerdict,
    CopyView,
    DigestState,
    ReadingView,
    ReadTotals,
)

_VERDICTS = {
    CertificateVerdict.COMPLETE: "complete",
    CertificateVerdict.COMPLETE_WITH_UNREADABLE_ROWS: "complete but for unreadable rows",
    CertificateVerdict.PARTIAL_BY_REQUEST: "partial, as requested",
    CertificateVerdict.NOT_COMPLETE: "NOT COMPLETE",
}


def certificate_lines(certificate: Certificate) -> Iterator[str]:
    """The verdict, its reasons, and what was read, looked up and stored."""
    one, stored = certificate, certificate.stored
    yield f"Run {one.run_id} of {one.account}, {one.mode.value}, {one.status.value} {moment(one.completed_at)}"
    yield f"  {_VERDICTS[one.verdict]}"
    for reason in one.reasons:
        yield f"  - {reason.message}"
    yield f"  read        {_read(one.read)}"
    yield f"  eMAG counts {count(one.count_before)} before, {count(one.count_after)} after"
    for reading in one.readings:
        yield f"  reading {reading.number:<3} {_reading(reading)}"
    if one.looked_up is not None:
        told = one.looked_up
        yield (
            f"  looked up   {told.asked:,} by id ({told.found:,} found, {told.unknown:,} unknown to eMAG, "
            f"{told.unanswered:,} unanswered), {told.listed:,} found in other lists"
        )
    would = "would store" if one.copied.at is None and _is_dry(one) else "stored"
    yield (
        f"  {would:<11} {plural(stored.processed, 'offer')} ({stored.created:,} created, {stored.updated:,} updated, "
        f"{stored.unchanged:,} unchanged), {stored.removed:,} removed, {stored.failed:,} failed"
    )
    yield f"  the copy    {_copy(one.copied)}"


def _is_dry(certificate: Certificate) -> bool:
    return any(reason.code == "dry_run" for reason in certificate.reasons)


def _read(read: ReadTotals) -> str:
    return (
        f"{plural(read.pages, 'page')}, {plural(read.rows, 'row')}, {plural(read.distinct_offers, 'distinct offer')}, "
        f"{plural(read.repeats, 'repeat')}, {plural(read.holes, 'hole')}"
    )


def _reading(reading: ReadingView) -> str:
    unread = f", {plural(len(reading.unread_pages), 'page')} unread" if reading.unread_pages else ""
    counts = f"eMAG counted {count(reading.count_before)} before and {count(reading.count_after)} after"
    moved = f"; it moved: {', '.join(reading.movements)}" if reading.movements else ""
    return f"{_read(reading)}{unread}; {counts}{moved}"


def _copy(copied: CopyView) -> str:
    if copied.digest_state is DigestState.NONE or copied.offers is None:
        return "the run did not come to store a whole copy"
    held = f"{plural(copied.offers, 'offer')} at {moment(copied.at)}"
    if copied.digest is None:
        return f"{held}; it has changed since, before a digest was made"
    return f"{held}, digest {copied.digest_version}:{copied.digest}"
