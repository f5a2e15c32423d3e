"""What a certificate may say at most, whatever a run's row, ledger and notes hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.sync.certificate.conclusion import conclude
from emagsync.sync.certificate.ledger_summary import LedgerSummary
from emagsync.sync.certificate.schemas import CertificateReasonCode, CertificateVerdict, ReadTotals
from emagsync.sync.certificate.sentences import _SENTENCES, reason
from emagsync.sync.run.evidence import Evidence, LookUps, Proof, Reading
from emagsync.sync.schemas import Mode, Run, RunError, RunErrorCode, RunParameters, RunStatus, Selection
from sync.run_rows import AT, a_run

counts = st.integers(min_value=0, max_value=5)
errors = st.builds(
    RunError,
    code=st.sampled_from([*RunErrorCode, "service_unavailable"]),
    message=st.just("why"),
    at=st.just(AT),
    page=st.none() | counts,
    emag_id=st.none() | counts,
)
totals = st.builds(
    ReadTotals,
    pages=counts,
    inherited_pages=counts,
    rows=counts,
    distinct_offers=counts,
    unreadable_rows=counts,
    unread_pages=st.lists(counts, max_size=2),
)
readings = st.builds(
    Reading,
    number=st.just(1),
    count_before=st.none() | counts,
    count_after=st.none() | counts,
    movements=st.sampled_from([(), ("hole",)]),
    found_new=st.booleans(),
)
notes = st.builds(
    Evidence,
    readings=st.dictionaries(st.just(1), readings),
    proof=st.none() | st.sampled_from(Proof),
    look_ups=st.none() | st.builds(LookUps, asked=counts, found=counts, unknown=counts, unanswered=counts),
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    mode = draw(st.sampled_from(Mode))
    values: dict[str, Any] = {"mode": mode, "dry_run": draw(st.booleans()), "max_pages": draw(st.none() | st.just(2))}
    if mode is Mode.SELECTIVE:
        values["selection"] = Selection(ids=(1,))
    return a_run(
        mode=mode,
        parameters=RunParameters(**values),
        status=draw(st.sampled_from(RunStatus)),
        failed=draw(counts),
        removed=draw(counts),
        errors=tuple(draw(st.lists(errors, max_size=2))),
        error_count=draw(counts),
    )


@given(runs(), totals, totals, st.none() | notes)
def test_no_certificate_says_more_than_the_run(
    run: Run, read: ReadTotals, selected: ReadTotals, evidence: Evidence | None
) -> None:
    verdict, reasons = conclude(run, LedgerSummary({1: read}, selected, read.distinct_offers), evidence)
    assert reasons, "a verdict without a reason"
    if verdict is CertificateVerdict.COMPLETE:
        assert run.status is RunStatus.COMPLETED
        assert not run.failed
    if verdict in (CertificateVerdict.COMPLETE, CertificateVerdict.COMPLETE_WITH_UNREADABLE_ROWS):
        assert run.status in (RunStatus.COMPLETED, RunStatus.PARTIAL)
        assert not run.parameters.dry_run
        assert run.mode is not Mode.SELECTIVE
        assert not read.unread_pages
        assert evidence is None or evidence.proof not in (Proof.MOVING, Proof.UNREAD)
        assert evidence is None or evidence.look_ups is None or not evidence.look_ups.unanswered
    if run.status not in (RunStatus.COMPLETED, RunStatus.PARTIAL):
        assert verdict is CertificateVerdict.NOT_COMPLETE


@pytest.mark.parametrize(
    ("movements", "last", "together", "count", "said"),
    [
        pytest.param((), 10, 10, 10, ("stood_still", "count_agrees"), id="one reading"),
        pytest.param(("repeated_row",), 8, 10, 10, ("readings_agree", "count_agrees"), id="a part in each reading"),
        pytest.param((), 8, 10, 10, ("readings_agree", "count_agrees"), id="the same, and no row came twice"),
        pytest.param((), 10, 11, 10, ("stood_still", "count_agrees"), id="one left the list meanwhile"),
        pytest.param(("repeated_row",), 8, 10, 11, ("readings_agree", "count_differs"), id="the count is wrong"),
        pytest.param(
            (), 10, 10, 11, ("readings_agree", "count_differs"), id="the count is wrong, the list stood still"
        ),
    ],
)
def test_the_offers_of_a_list_that_moves_are_those_of_all_readings(
    movements: tuple[str, ...], last: int, together: int, count: int, said: tuple[str, str]
) -> None:
    run = a_run(mode=Mode.FULL, parameters=RunParameters(mode=Mode.FULL), status=RunStatus.COMPLETED)
    ledger = LedgerSummary({2: ReadTotals(pages=1, rows=10, distinct_offers=last)}, ReadTotals(), together)
    reading = Reading(number=2, count_before=count, count_after=count, movements=movements, found_new=False)
    reasons = conclude(run, ledger, Evidence({2: reading}, Proof.WHOLE)).reasons
    by_code = {reason.code.value: reason for reason in reasons}
    assert [*by_code][1:] == list(said)
    read = together if movements or (count == together and last != count) else last
    assert by_code["whole_list"].values["count"] == read


@given(notes)
def test_what_a_run_notes_is_read_as_it_was_written(evidence: Evidence) -> None:
    assert dataclasses.asdict(Evidence.from_text(evidence.text())) == dataclasses.asdict(evidence)


def test_every_code_has_a_sentence() -> None:
    assert set(_SENTENCES) == set(CertificateReasonCode)


def test_sentences_write_numbers_and_nouns_as_people_do() -> None:
    one = reason(CertificateReasonCode.WHOLE_LIST, count=2545, pages=1)
    assert one.message == "Every page of the list was read: 2,545 offers on 1 page."
    many = reason(CertificateReasonCode.PAGES_UNREAD, count=25, pages=list(range(1, 26)))
    assert many.message.endswith("18, 19, 20 and 5 more.")
