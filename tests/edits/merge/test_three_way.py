"""Three-way merge: every combination of what was there, what we want, what eMAG has and who wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.core.edit_rules import ConflictStrategy
from emagsync.edits.merge.three_way import Merged, MergeOutcome, Rules, merge
from emagsync.edits.model import Edit
from emagsync.edits.states import EditSource, EditState

EMAG = ConflictStrategy.EMAG_PRIORITY
LOCAL = ConflictStrategy.LOCAL_PRIORITY
NEWEST = ConflictStrategy.NEWEST_WINS
MANUAL = ConflictStrategy.MANUAL

MADE = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
READ = MADE + timedelta(minutes=30)
BEFORE = MADE - timedelta(minutes=30)


def edited(field: str = "sale_price", *, in_conflict: bool = False, **changes: Any) -> Edit:
    values: dict[str, Any] = {"kind": "absolute", "base": "10.0000", "value": "12.0000", "made_at": MADE, **changes}
    return Edit(
        id=1,
        account="main",
        emag_id=7,
        field=field,
        warehouse_id=1 if field == "stock" else 0,
        confirmed=False,
        made_by="ana",
        source=EditSource.API,
        state=EditState.CONFLICT if in_conflict else EditState.OPEN,
        **values,
    )


# Base, local and eMAG's value; then what each strategy makes of it: the outcome, and the base from then on.
CASES = [
    pytest.param("a", "b", "a", dict.fromkeys(ConflictStrategy, (MergeOutcome.KEPT, "a")), id="only-local-changed"),
    pytest.param("a", "b", "b", dict.fromkeys(ConflictStrategy, (MergeOutcome.SETTLED, "a")), id="the-same-on-both"),
    pytest.param(
        None, "b", None, dict.fromkeys(ConflictStrategy, (MergeOutcome.KEPT, None)), id="emag-still-has-nothing"
    ),
    pytest.param(None, "b", "b", dict.fromkeys(ConflictStrategy, (MergeOutcome.SETTLED, None)), id="emag-came-to-it"),
    pytest.param(
        "a",
        "b",
        "c",
        {
            EMAG: (MergeOutcome.LOST, "a"),
            LOCAL: (MergeOutcome.MOVED, "c"),
            NEWEST: (MergeOutcome.LOST, "a"),
            MANUAL: (MergeOutcome.CONFLICT, "a"),
        },
        id="changed-on-both",
    ),
    pytest.param(
        "a",
        "b",
        None,
        {
            EMAG: (MergeOutcome.LOST, "a"),
            LOCAL: (MergeOutcome.MOVED, None),
            NEWEST: (MergeOutcome.LOST, "a"),
            MANUAL: (MergeOutcome.CONFLICT, "a"),
        },
        id="emag-has-nothing-any-more",
    ),
    pytest.param(
        None,
        "b",
        "c",
        {
            EMAG: (MergeOutcome.LOST, None),
            LOCAL: (MergeOutcome.MOVED, "c"),
            NEWEST: (MergeOutcome.LOST, None),
            MANUAL: (MergeOutcome.CONFLICT, None),
        },
        id="emag-came-to-something-else",
    ),
]


@pytest.mark.parametrize("strategy", ConflictStrategy)
@pytest.mark.parametrize(("base", "local", "emag", "expected"), CASES)
def test_every_combination_has_its_outcome(
    base: str | None, local: str, emag: str | None, expected: dict[Any, Any], strategy: ConflictStrategy
) -> None:
    merged = merge(edited(base=base, value=local), emag, strategy, read_at=READ)
    assert (merged.outcome, merged.base, merged.value) == (*expected[strategy], local)


def test_newest_wins_keeps_an_edit_that_is_younger_than_the_change_it_meets() -> None:
    younger = edited(emag_changed_at=BEFORE)
    assert merge(younger, "11.0000", NEWEST, read_at=READ).outcome is MergeOutcome.MOVED
    older = edited(emag_changed_at=MADE + timedelta(minutes=1))
    assert merge(older, "11.0000", NEWEST, read_at=READ).outcome is MergeOutcome.LOST


@pytest.mark.parametrize("strategy", ConflictStrategy)
def test_an_answer_asked_for_before_the_edit_decides_nothing_but_is_remembered(strategy: ConflictStrategy) -> None:
    merged = merge(edited(), "11.0000", strategy, read_at=BEFORE)
    assert merged == Merged(MergeOutcome.KEPT, "10.0000", "12.0000", BEFORE)
    later = edited(emag_changed_at=merged.emag_changed_at)
    assert merge(later, "11.0000", NEWEST, read_at=READ).outcome is MergeOutcome.MOVED


def test_what_emag_takes_back_is_forgotten() -> None:
    merged = merge(edited(emag_changed_at=BEFORE), "10.0000", MANUAL, read_at=READ)
    assert merged == Merged(MergeOutcome.KEPT, "10.0000", "12.0000", None)


@pytest.mark.parametrize("strategy", ConflictStrategy)
def test_a_conflict_waits_for_a_person_whatever_strategy_comes_later(strategy: ConflictStrategy) -> None:
    merged = merge(edited(in_conflict=True), "11.0000", strategy, read_at=READ)
    assert merged.outcome is MergeOutcome.CONFLICT


OTHER_CURRENCY = [
    pytest.param("10.0000", id="the-same-number-as-before"),
    pytest.param("12.0000", id="the-number-that-is-wanted"),
    pytest.param("5.1129", id="another-number"),
    pytest.param(None, id="no-number"),
]


@pytest.mark.parametrize("strategy", ConflictStrategy)
@pytest.mark.parametrize("emag", OTHER_CURRENCY)
def test_a_price_of_an_offer_in_another_currency_is_a_conflict_whatever_the_strategy(
    emag: str | None, strategy: ConflictStrategy
) -> None:
    edit = edited(currency="BGN", emag_changed_at=BEFORE)
    merged = merge(edit, emag, strategy, read_at=READ, currency="EUR")
    assert merged == Merged(MergeOutcome.CONFLICT, "10.0000", "12.0000", BEFORE)
    older = merge(edit, emag, strategy, read_at=MADE, currency="EUR")
    assert older.outcome is MergeOutcome.KEPT  # the answer may be from before the edit: the next one decides


@pytest.mark.parametrize(("ours", "emags"), [("EUR", "EUR"), (None, "EUR"), ("BGN", None)])
def test_a_price_in_the_offers_currency_or_in_none_that_is_known_is_merged_as_ever(
    ours: str | None, emags: str | None
) -> None:
    merged = merge(edited(currency=ours), "11.0000", LOCAL, read_at=READ, currency=emags)
    assert merged.outcome is MergeOutcome.MOVED


STOCK_CASES = [
    pytest.param("10", "15", "8", "13", id="two-sold-of-a-raised-stock"),
    pytest.param("10", "4", "8", "2", id="two-sold-of-a-lowered-stock"),
    pytest.param("10", "1", "8", "0", id="never-below-zero"),
    pytest.param("10", "0", "3", "0", id="taken-off-sale-meanwhile"),
]


@pytest.mark.parametrize("strategy", ConflictStrategy)
@pytest.mark.parametrize(("base", "local", "emag", "value"), STOCK_CASES)
def test_pieces_sold_meanwhile_are_taken_off_an_absolute_stock_and_are_no_conflict(
    base: str, local: str, emag: str, value: str, strategy: ConflictStrategy
) -> None:
    merged = merge(edited("stock", base=base, value=local), emag, strategy, read_at=READ)
    assert merged == Merged(MergeOutcome.MOVED, emag, value, None)


def test_a_stock_that_is_sold_out_on_both_sides_is_settled() -> None:
    merged = merge(edited("stock", base="10", value="2"), "0", MANUAL, read_at=READ)
    assert (merged.outcome, merged.value) == (MergeOutcome.SETTLED, "0")


def test_a_stock_that_somebody_raised_on_emag_is_a_conflict() -> None:
    merged = merge(edited("stock", base="10", value="4"), "20", MANUAL, read_at=READ)
    assert merged.outcome is MergeOutcome.CONFLICT


@pytest.mark.parametrize("strategy", ConflictStrategy)
@pytest.mark.parametrize("emag", ["0", "7", "10", "500", None])
def test_a_relative_stock_is_never_a_conflict_and_never_lost(strategy: ConflictStrategy, emag: str | None) -> None:
    edit = edited("stock", kind="relative", base="10", value="-3")
    assert merge(edit, emag, strategy, read_at=READ) == Merged(MergeOutcome.KEPT, "10", "-3", None)


def test_the_owner_of_a_field_wins_whatever_the_strategy() -> None:
    rules = Rules(MANUAL, {"stock": "local", "sale_price": "emag"})
    assert rules.strategy_for("stock") is LOCAL
    assert rules.strategy_for("sale_price") is EMAG
    assert rules.strategy_for("vat_id") is MANUAL


amounts = st.sampled_from(["1.0000", "2.0000", "3.0000", "4.0000"])
levels = st.integers(0, 30).map(str)
moments = st.integers(-60, 60).map(lambda minutes: MADE + timedelta(minutes=minutes))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Edit, str | None]:
    field = draw(st.sampled_from(["sale_price", "stock"]))
    values = amounts if field == "sale_price" else levels
    relative = field == "stock" and draw(st.booleans())
    edit = edited(
        field,
        kind="relative" if relative else "absolute",
        base=draw(st.none() | values),
        value=f"{draw(st.integers(-9, 9)):+d}" if relative else draw(values),
        emag_changed_at=draw(st.none() | moments),
        in_conflict=not relative and draw(st.booleans()),
    )
    return edit, draw(st.none() | values)


@given(situation=situations(), strategy=st.sampled_from(ConflictStrategy), read_at=moments)
def test_reading_the_same_again_changes_nothing_more(
    situation: tuple[Edit, str | None], strategy: ConflictStrategy, read_at: datetime
) -> None:
    edit, emag = situation
    once = merge(edit, emag, strategy, read_at=read_at)
    if once.outcome in (MergeOutcome.SETTLED, MergeOutcome.LOST):
        return
    now = edit._replace(
        base=once.base,
        value=once.value,
        emag_changed_at=once.emag_changed_at,
        state=EditState.CONFLICT if once.outcome is MergeOutcome.CONFLICT else EditState.OPEN,
    )
    twice = merge(now, emag, strategy, read_at=read_at)
    assert (twice.base, twice.value, twice.emag_changed_at) == (once.base, once.value, once.emag_changed_at)
    assert (twice.outcome is MergeOutcome.CONFLICT) == (once.outcome is MergeOutcome.CONFLICT)


@given(situation=situations(), strategy=st.sampled_from(ConflictStrategy), read_at=moments)
def test_an_edit_is_lost_only_where_emag_changed_and_wins(
    situation: tuple[Edit, str | None], strategy: ConflictStrategy, read_at: datetime
) -> None:
    edit, emag = situation
    merged = merge(edit, emag, strategy, read_at=read_at)
    if merged.outcome is MergeOutcome.LOST:
        assert emag not in (edit.base, edit.value)
        assert strategy in (EMAG, NEWEST)
        assert edit.state is EditState.OPEN


@given(situation=situations(), strategy=st.sampled_from(ConflictStrategy), read_at=moments)
def test_an_edit_that_goes_on_unmoved_says_so_when_emag_is_not_at_its_base(
    situation: tuple[Edit, str | None], strategy: ConflictStrategy, read_at: datetime
) -> None:
    """Whoever pushes relies on it: an edit is sent only over the value that it is based on."""
    edit, emag = situation
    merged = merge(edit, emag, strategy, read_at=read_at)
    if merged.outcome in (MergeOutcome.KEPT, MergeOutcome.MOVED) and edit.kind == "absolute":
        assert merged.base == emag or merged.emag_changed_at is not None


@given(edit=levels, base=levels, emag=levels, strategy=st.sampled_from(ConflictStrategy))
def test_a_stock_is_never_below_zero(edit: str, base: str, emag: str, strategy: ConflictStrategy) -> None:
    assert int(merge(edited("stock", base=base, value=edit), emag, strategy, read_at=READ).value) >= 0
