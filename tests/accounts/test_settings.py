"""Accounts as sellers already write them."""

from __future__ import annotations

import os

import pytest

from emagsync.accounts.settings import credentials_in, read_accounts
from emagsync.core.errors import SettingsError
from emagsync.core.settings import is_text
from emagsync.telemetry.redaction import Redactor

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


@pytest.mark.parametrize("key", ["USERNAME", "PASSWORD", "BASE_URL", "PLATFORM", "PUSH"])
def test_bytes_that_are_not_utf_8_are_a_problem_of_one_account(key: str) -> None:
    bad = os.fsdecode("https://parolă".encode("windows-1250"))
    fbe = {"EMAG_FBE_USERNAME": "f", "EMAG_FBE_PASSWORD": "x", f"EMAG_FBE_{key}": bad}
    accounts = read_accounts(MAIN | fbe)
    assert tuple(accounts.usable) == ("main",)
    assert accounts.problems["fbe"].startswith(f"EMAG_FBE_{key} holds bytes that are not UTF-8")
    redactor = Redactor()
    redactor.add_credentials(credentials_in(MAIN | fbe))
    if key == "PASSWORD":
        assert bad not in redactor.text(f"so {bad} it was")


@pytest.mark.parametrize("password", [" two words ", "\tx", "x ", " "])
def test_a_password_keeps_its_outer_spaces_and_a_blank_one_is_none(password: str) -> None:
    accounts = read_accounts(MAIN | {"EMAG_MAIN_USERNAME": " seller ", "EMAG_MAIN_PASSWORD": f"{password}\r\n"})
    if password.strip():
        assert accounts.get("main").password.get_secret_value() == password
        assert accounts.get("main").username == "seller"
    else:
        assert "EMAG_MAIN_PASSWORD" in accounts.problems["main"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("EMAG_SHOP-RO_USERNAME", "SHOP_RO"),
        ("EMAG_ȘTEF_USERNAME", "STEF"),
        ("EMAG_Magazin.Mic_USERNAME", "MAGAZIN_MIC"),
        ("EMAG_bulgaria_USERNAME", "BULGARIA"),
        ("emag_bulgaria_username", "BULGARIA"),
        ("EMAG_BULGARIA_username", "BULGARIA"),
        ("EMAG__X_USERNAME", "X"),
        ("EMAG_магазин_USERNAME", "SHOP"),
        ("EMAG_ALL-_USERNAME", "ALL_SHOP"),
        (os.fsdecode("EMAG_ȘTEF_USERNAME".encode("iso8859-16")), "TEF"),
    ],
)
def test_a_name_that_does_not_fit_is_a_problem_with_the_name_that_would_work(written: str, name: str) -> None:
    password = written.replace("USERNAME", "PASSWORD").replace("username", "password")
    accounts = read_accounts(MAIN | {written: "u", password: "hidden-hidden"})
    assert tuple(accounts.usable) == ("main",)
    (problem,) = accounts.problems.values()
    assert f"write EMAG_{name}_" in problem
    assert is_text(problem)
    assert "hidden" not in problem
    assert tuple(accounts.problems) == (name.lower(),)
    corrected = {f"EMAG_{name}_USERNAME": "u", f"EMAG_{name}_PASSWORD": "hidden-hidden"}
    assert tuple(read_accounts(corrected).usable) == (name.lower(),)
    assert list(credentials_in({written: "u", password: "hidden-hidden"})) == [("u", "hidden-hidden")]


def test_one_that_is_written_wrong_beside_the_right_one_leaves_it_alone() -> None:
    accounts = read_accounts(MAIN | {"emag_main_username": "other", "EMAG_Main_PASSWORD": "y"})
    assert accounts.get("main").username == "seller"
    assert tuple(accounts.problems) == ("main_2", "main_3")
    assert all("or delete it" in problem for problem in accounts.problems.values())


def test_a_name_that_is_too_long_or_taken_comes_with_one_that_would_work() -> None:
    long = "X" * 40
    accounts = read_accounts({f"EMAG_{long}_USERNAME": "u", "EMAG_BOTH_USERNAME": "u"})
    assert f"write EMAG_{long[:32]}_USERNAME" in accounts.problems[long.lower()]
    assert "write EMAG_BOTH_SHOP_USERNAME" in accounts.problems["both"]


def test_a_user_name_with_a_colon_is_a_problem_because_basic_authentication_would_cut_it() -> None:
    accounts = read_accounts(MAIN | {"EMAG_FBE_USERNAME": "seller:secret", "EMAG_FBE_PASSWORD": "x"})
    assert tuple(accounts.usable) == ("main",)
    assert accounts.problems["fbe"].startswith("EMAG_FBE_USERNAME holds a colon")
    assert "secret" not in accounts.problems["fbe"]
