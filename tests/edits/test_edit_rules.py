"""Who wins where an offer changed on both sides, as the settings say it; and the list of fields that can be edited."""

from __future__ import annotations

import pytest

from emagsync.core.edit_rules import ConflictStrategy, EditableField, FieldOwner, parse_owners, parse_strategies
from emagsync.core.settings import EditsSettings
from emagsync.edits.bulk.selection import PriceChanges
from emagsync.edits.change_request import STOCK_CHANGE
from emagsync.edits.fields import BY_WAREHOUSE, PRICES, STATUS, VAT_ID
from emagsync.edits.merge.strategy import rules_of
from emagsync.edits.request_schemas import OfferValues
from emagsync.marketplace.writes import OfferUpdate

MANUAL, NEWEST = ConflictStrategy.MANUAL, ConflictStrategy.NEWEST_WINS


@pytest.mark.parametrize(
    ("text", "strategies"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("manual", {"": MANUAL}, id="all accounts"),
        pytest.param(" manual , fbe = newest_wins,", {"": MANUAL, "fbe": NEWEST}, id="one account of its own"),
    ],
)
def test_strategies(text: str, strategies: dict[str, ConflictStrategy]) -> None:
    assert parse_strategies(text) == strategies


@pytest.mark.parametrize("text", ["best", "fbe=best", "fbe.stock=manual", "manual=fbe"])
def test_what_is_no_strategy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not one of emag_priority, local_priority, newest_wins, manual"):
        parse_strategies(text)


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("stock=local", [("", EditableField.STOCK, "local")], id="all accounts"),
        pytest.param(
            "fbe.stock=emag, stock = local",
            [("", EditableField.STOCK, "local"), ("fbe", EditableField.STOCK, "emag")],
            id="those of all accounts come first",
        ),
    ],
)
def test_owners(text: str, owners: list[FieldOwner]) -> None:
    assert parse_owners(text) == owners


@pytest.mark.parametrize(
    "text", ["stock", "stock=ours", "name=local", "fbe.name=local", "local=stock", "stock.fbe=local"]
)
def test_what_is_no_owner_is_refused_with_the_fields(text: str) -> None:
    with pytest.raises(ValueError, match=r"fields: sale_price, recommended_price, .*, status"):
        parse_owners(text)


@pytest.mark.parametrize(
    ("account", "strategy", "owners"),
    [
        pytest.param("main", MANUAL, {"stock": "local"}, id="what is of all accounts"),
        pytest.param("fbe", NEWEST, {"stock": "emag", "vat_id": "emag"}, id="its own, and it wins"),
    ],
)
def test_the_rules_of_an_account(account: str, strategy: ConflictStrategy, owners: dict[str, str]) -> None:
    settings = EditsSettings(
        owners="fbe.stock=emag,stock=local,fbe.vat_id=emag", conflict_strategy="fbe=newest_wins,manual"
    )
    rules = rules_of(settings, account)
    assert (rules.strategy, rules.owners) == (strategy, owners)
    assert rules_of(settings, account, ConflictStrategy.LOCAL_PRIORITY).strategy is ConflictStrategy.LOCAL_PRIORITY


FIELDS = set(EditableField)
OTHER_VALUES = {"currency", "confirm", STOCK_CHANGE}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param({*PRICES, *BY_WAREHOUSE, VAT_ID, STATUS}, FIELDS, id="their kinds"),
        pytest.param(set(OfferValues.model_fields) - OTHER_VALUES, FIELDS, id="a request's values"),
        pytest.param(set(PriceChanges.model_fields), set(PRICES), id="a request's price changes"),
        pytest.param(
            set(OfferUpdate.__dataclass_fields__) - {"id", "currency_type"}, FIELDS, id="what is sent to eMAG"
        ),
    ],
)
def test_whatever_names_the_fields_one_by_one_names_all_of_them(names: set[str], expected: set[str]) -> None:
    assert names == expected
