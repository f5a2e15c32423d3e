"""Which of eMAG's lists show the offers of a target."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from emagsync.sync.freshness.targets import ACTIVE_OFFERS, EVERYTHING, OfferList, TargetSelection, narrowest_list
from emagsync.sync.schemas import Mode


@pytest.mark.parametrize(
    ("selection", "narrowest"),
    [
        pytest.param({}, EVERYTHING, id="the rest"),
        pytest.param({"stock_max": 4}, OfferList(max_stock=4), id="stock below 5"),
        pytest.param({"status": ["active"]}, ACTIVE_OFFERS, id="active"),
        pytest.param({"status": ["inactive"]}, OfferList(status=0), id="inactive"),
        pytest.param({"status": ["end_of_life"]}, EVERYTHING, id="eMAG's status filter takes 0 and 1"),
        pytest.param({"status": ["active", "inactive"]}, EVERYTHING, id="eMAG takes one status"),
        pytest.param({"validation_status": [9]}, OfferList(validation_status=9), id="one validation status"),
        pytest.param({"validation_status": [9, 11]}, EVERYTHING, id="eMAG takes one validation status"),
        pytest.param({"sellable": True}, OfferList(status=1, offer_validation_status=1), id="what sells"),
        pytest.param({"sellable": False}, EVERYTHING, id="what does not sell may be so for many reasons"),
        pytest.param(
            {"sellable": True, "stock_max": 4},
            OfferList(status=1, max_stock=4, offer_validation_status=1),
            id="sells, and soon will not",
        ),
        pytest.param({"category_id": 506, "search": "husa"}, EVERYTHING, id="what eMAG does not filter by"),
        pytest.param({"emag_id": [5, 6]}, EVERYTHING, id="by id"),
    ],
)
def test_the_narrowest_list_has_every_filter_that_the_selection_implies(
    selection: dict[str, Any], narrowest: OfferList
) -> None:
    assert narrowest_list(TargetSelection.model_validate(selection)) == narrowest


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (EVERYTHING, OfferList(status=1, max_stock=4)),
        (ACTIVE_OFFERS, OfferList(status=1, offer_validation_status=1)),
        (OfferList(max_stock=10), OfferList(max_stock=4, status=1)),
    ],
)
def test_a_wide_list_shows_a_narrow_one_and_not_the_other_way_round(wide: OfferList, narrow: OfferList) -> None:
    assert wide.shows(wide)
    assert wide.shows(narrow)
    assert not narrow.shows(wide)


def test_lists_that_only_overlap_show_neither_the_other() -> None:
    few, active = OfferList(max_stock=4), ACTIVE_OFFERS
    assert not few.shows(active)
    assert not active.shows(few)


def test_whole_lists_are_read_by_runs_that_find_out_what_left_them() -> None:
    modes = [one.mode for one in (EVERYTHING, ACTIVE_OFFERS, OfferList(status=0), OfferList(status=1, max_stock=4))]
    assert modes == [Mode.FULL, Mode.INCREMENTAL, Mode.SELECTIVE, Mode.SELECTIVE]


@pytest.mark.parametrize("odd", [{"stock_max": -1}, {"stock": 5}, {"status": ["gone"]}, {"search": ""}])
def test_odd_selections_are_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TargetSelection.model_validate(odd)
