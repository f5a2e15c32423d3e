"""What a merge decides about the edits of offers that were read: which of them, why, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emagsync.core.edit_rules import ConflictStrategy
from emagsync.edits.fields import CURRENCY
from emagsync.edits.merge.decision import MergeDecision, Reading, conflict_ending, decide, edit_closing
from emagsync.edits.merge.three_way import MergeOutcome, Rules
from emagsync.edits.model import ConflictEnding, Edit, EditClosing
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import EditSource, EditState, Resolution

MADE = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
READING = Reading("main", "a-run", MADE + timedelta(minutes=30), MADE + timedelta(minutes=31))
PRICE = ("sale_price", 0)


def an_edit(emag_id: int = 7, **changes: Any) -> Edit:
    """From 10 to 12; `changes` are of any column."""
    values: dict[str, Any] = {
        "id": emag_id,
        "account": "main",
        "emag_id": emag_id,
        "field": "sale_price",
        "warehouse_id": 0,
        "kind": "absolute",
        "base": "10",
        "value": "12",
        "confirmed": False,
        "made_by": "ana",
        "made_at": MADE,
        "source": EditSource.API,
    }
    return Edit(**values | changes)


def decided(emag: str | None, strategy: ConflictStrategy, edit: Edit | None = None, **options: Any) -> MergeDecision:
    """The decision about one edit when eMAG has this value."""
    edit = edit or an_edit()
    [decision] = decide(READING, [edit], {edit.emag_id: {edit.key: emag}}, Rules(strategy), **options)
    return decision


EMAG, LOCAL, MANUAL = ConflictStrategy.EMAG_PRIORITY, ConflictStrategy.LOCAL_PRIORITY, ConflictStrategy.MANUAL
IN_CONFLICT = an_edit(state=EditState.CONFLICT, emag_changed_at=MADE)
STOCK = an_edit(field="stock", warehouse_id=1)
OF_STOCK = {"base": "10", "emag": "7"}


@pytest.mark.parametrize(
    ("emag", "strategy", "edit", "outcome", "reason", "closing", "ending"),
    [
        pytest.param("10", EMAG, an_edit(), MergeOutcome.KEPT, None, None, None, id="unchanged"),
        pytest.param(
            "12",
            EMAG,
            an_edit(),
            MergeOutcome.SETTLED,
            Reason.of(ReasonCode.ALREADY, emag="12"),
            EditState.SETTLED,
            None,
            id="settled",
        ),
        pytest.param(
            "11",
            EMAG,
            an_edit(),
            MergeOutcome.LOST,
            Reason.of(ReasonCode.CHANGED_MEANWHILE, base="10", emag="11"),
            EditState.LOST,
            None,
            id="lost",
        ),
        pytest.param(
            None,
            EMAG,
            an_edit(),
            MergeOutcome.LOST,
            Reason.of(ReasonCode.CHANGED_MEANWHILE, base="10", emag=None),
            EditState.LOST,
            None,
            id="lost to no value",
        ),
        pytest.param(
            "11",
            LOCAL,
            an_edit(),
            MergeOutcome.MOVED,
            Reason.of(ReasonCode.EDIT_STANDS, base="10", emag="11"),
            None,
            None,
            id="the edit wins",
        ),
        pytest.param(
            "7",
            MANUAL,
            STOCK,
            MergeOutcome.MOVED,
            Reason.of(ReasonCode.TAKEN_OFF, value="12", left="9", **OF_STOCK),
            None,
            None,
            id="stock was sold",
        ),
        pytest.param("11", MANUAL, an_edit(), MergeOutcome.CONFLICT, None, None, None, id="a new conflict"),
        pytest.param("13", EMAG, IN_CONFLICT, MergeOutcome.CONFLICT, None, None, None, id="the conflict goes on"),
        pytest.param(
            "10", EMAG, IN_CONFLICT, MergeOutcome.KEPT, None, None, Resolution.REVERTED, id="eMAG is back at the base"
        ),
        pytest.param(
            "12",
            MANUAL,
            IN_CONFLICT,
            MergeOutcome.SETTLED,
            Reason.of(ReasonCode.ALREADY, emag="12"),
            EditState.SETTLED,
            Resolution.SETTLED,
            id="eMAG came to the edit's value",
        ),
        pytest.param(
            "7",
            MANUAL,
            STOCK._replace(state=EditState.CONFLICT),
            MergeOutcome.MOVED,
            Reason.of(ReasonCode.TAKEN_OFF, value="12", left="9", **OF_STOCK),
            None,
            Resolution.MERGED,
            id="stock was sold during a conflict",
        ),
    ],
)
def test_what_is_decided(
    emag: str | None,
    strategy: ConflictStrategy,
    edit: Edit,
    outcome: MergeOutcome,
    reason: Reason | None,
    closing: EditState | None,
    ending: Resolution | None,
) -> None:
    decision = decided(emag, strategy, edit)
    assert (decision.merged.outcome, decision.reason) == (outcome, reason)
    closed = None if closing is None else EditClosing(closing, READING.at, reason, "a-run", emag)
    assert edit_closing(decision, READING) == closed
    ended = None if ending is None else ConflictEnding(ending, READING.at, value=emag)
    assert conflict_ending(decision, READING) == ended


@pytest.mark.parametrize(
    ("emag", "edit", "outcome", "emag_changed_at"),
    [
        pytest.param("10", an_edit(), MergeOutcome.KEPT, None, id="unchanged"),
        pytest.param("12", an_edit(), MergeOutcome.SETTLED, None, id="settled all the same"),
        pytest.param("11", an_edit(), MergeOutcome.KEPT, READING.read_at, id="not lost, but noted"),
        pytest.param("11", an_edit(emag_changed_at=MADE), MergeOutcome.KEPT, MADE, id="first seen before"),
        pytest.param("11", IN_CONFLICT, MergeOutcome.CONFLICT, MADE, id="the conflict goes on"),
        pytest.param("7", STOCK, MergeOutcome.KEPT, READING.read_at, id="nothing is taken off"),
    ],
)
def test_while_the_brake_holds_the_account_only_what_is_beyond_doubt_is_decided(
    emag: str, edit: Edit, outcome: MergeOutcome, emag_changed_at: datetime | None
) -> None:
    merged = decided(emag, EMAG, edit, is_held=True).merged
    assert (merged.outcome, merged.base, merged.value) == (outcome, edit.base, edit.value)
    assert merged.emag_changed_at == emag_changed_at


@pytest.mark.parametrize("is_held", [False, True])
def test_another_currency_is_told_with_the_edit_also_while_the_brake_holds_the_account(is_held: bool) -> None:
    edit = an_edit(currency="BGN")
    read = {PRICE: "12", CURRENCY: "EUR"}
    [decision] = decide(READING, [edit], {7: read}, Rules(LOCAL), is_held=is_held)
    assert decision.merged.outcome is MergeOutcome.CONFLICT
    assert decision.reason == Reason.of(ReasonCode.OTHER_CURRENCY, was="BGN", now="EUR")
    back = edit._replace(state=EditState.CONFLICT, emag_changed_at=MADE)
    [decision] = decide(READING, [back], {7: {PRICE: "10", CURRENCY: "BGN"}}, Rules(LOCAL), is_held=is_held)
    assert conflict_ending(decision, READING) == ConflictEnding(Resolution.REVERTED, READING.at, value="10")


def test_edits_of_offers_that_were_not_read_or_are_being_sent_are_left_alone() -> None:
    edits = [an_edit(1), an_edit(2), an_edit(3)]
    decisions = decide(READING, edits, {1: {PRICE: "11"}, 2: {PRICE: "11"}}, Rules(), in_flight={2})
    assert [decision.edit.id for decision in decisions] == [1]


@pytest.mark.parametrize(
    ("emag", "strategy", "edit", "changes"),
    [
        pytest.param("10", EMAG, an_edit(), False, id="as it was"),
        pytest.param("10", EMAG, an_edit(emag_changed_at=MADE), True, id="eMAG is back: the time is forgotten"),
        pytest.param("11", EMAG, an_edit(), True, id="lost"),
        pytest.param("10", EMAG, IN_CONFLICT._replace(emag_changed_at=None), True, id="a conflict ends"),
    ],
)
def test_what_is_to_be_written(emag: str, strategy: ConflictStrategy, edit: Edit, changes: bool) -> None:
    assert decided(emag, strategy, edit).changes_edit is changes
