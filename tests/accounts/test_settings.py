"""Accounts as sellers already write them."""

from __future__ import annotations

import pytest

from emagsync.accounts.settings import read_accounts
from emagsync.core.errors import SettingsError

MAIN = {"EMAG_MAIN_USERNAME": "seller", "EMAG_MAIN_PASSWORD": "secret"}


def test_any_username_makes_an_account_and_main_and_fbe_come_first() -> None:
    accounts = read_accounts(
        MAIN
        | {"EMAG_BULGARIA_USERNAME": "b", "EMAG_BULGARIA_PASSWORD": "x", "EMAG_BULGARIA_PLATFORM": "emag-bg"}
        | {"EMAG_FBE_USERNAME": "f", "EMAG_FBE_PASSWORD": "x"}
    )
    assert accounts.names == ("main", "fbe", "bulgaria")
    assert accounts.get("bulgaria").platform == "emag-bg"
    assert not accounts.problems


def test_a_name_may_hold_underscores() -> None:
    accounts = read_accounts({"EMAG_SHOP_2_USERNAME": "u", "EMAG_SHOP_2_PASSWORD": "p"})
    assert accounts.names == ("shop_2",)


def test_other_variables_of_the_same_family_make_no_account() -> None:
    assert read_accounts({"EMAGSYNC_DATA_DIR": "/x", "EMAG_USERNAME": "u", "EMAG_MAIN_TOKEN": "t"}).names == ()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        pytest.param({"EMAG_MAIN_PASSWORD": ""}, "EMAG_MAIN_PASSWORD", id="empty password"),
        pytest.param({"EMAG_MAIN_USERNAME": "  "}, "EMAG_MAIN_USERNAME", id="blank username"),
        pytest.param({"EMAG_MAIN_PLATFORM": "emag-xx"}, "EMAG_MAIN_PLATFORM", id="unknown platform"),
        pytest.param({"EMAG_MAIN_BASE_URL": "not an address"}, "EMAG_MAIN_BASE_URL", id="not an address"),
        pytest.param({"EMAG_MAIN_BASE_URL": "ftp://host/api-3"}, "EMAG_MAIN_BASE_URL", id="another protocol"),
        pytest.param({"EMAG_MAIN_BASE_URL": "https://u:p@host/api-3"}, "EMAG_MAIN_BASE_URL", id="credentials in it"),
        pytest.param({"EMAG_MAIN_BASE_URL": "https://host:99999/api"}, "EMAG_MAIN_BASE_URL", id="no such port"),
        pytest.param({"EMAG_MAIN_BASE_URL": "http://api.example.com/api-3"}, "https://", id="in clear text"),
        pytest.param({"EMAG_MAIN_BASE_URL": "http://93.184.216.34/api-3"}, "https://", id="clear text to the world"),
    ],
)
def test_an_odd_account_is_a_problem_that_names_the_variable_and_leaves_the_others_alone(
    changes: dict[str, str], names: str
) -> None:
    accounts = read_accounts(MAIN | changes | {"EMAG_FBE_USERNAME": "f", "EMAG_FBE_PASSWORD": "x"})
    assert names in accounts.problems["main"]
    assert "secret" not in accounts.problems["main"]
    assert tuple(accounts.usable) == ("fbe",)
    with pytest.raises(SettingsError, match=names):
        accounts.get("main")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8090/api-3",
        "http://[::1]:8090/api-3",
        "http://localhost/api-3",
        "http://sandbox:8090/api-3",
        "http://10.1.2.3/api-3",
        "http://192.168.0.9/api-3",
        "https://marketplace-api.emag.ro/api-3",
    ],
)
def test_clear_text_is_fine_where_it_does_not_leave_home(address: str) -> None:
    assert not read_accounts(MAIN | {"EMAG_MAIN_BASE_URL": address}).problems


@pytest.mark.parametrize("name", ["ALL", "BOTH", "_X"])
def test_a_name_that_commands_use_or_cannot_spell_is_refused(name: str) -> None:
    accounts = read_accounts({f"EMAG_{name}_USERNAME": "u", f"EMAG_{name}_PASSWORD": "p"})
    assert not accounts.usable


def test_an_unknown_account_is_refused_with_the_variables_to_set_and_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"EMAG_NOPE_USERNAME and EMAG_NOPE_PASSWORD.*Configured accounts: main\."):
        read_accounts(MAIN).get("nope")
