"""Codes as spreadsheets spell them."""

from __future__ import annotations

import pytest

from emagsync.edits.part_numbers import is_shortened, same_but_for_spelling

CODE = "5941234567890"


@pytest.mark.parametrize(
    ("given", "code"),
    [(CODE, CODE), ("5.94123E+12", CODE), ("5,94123E+12", CODE), ("5,94E+12", CODE), ("5.9412346E12", CODE),
     ("6e+12", CODE), ("123", "00123"), ("12345678905", "0012345678905"), ("1,2345678905E+10", "0012345678905"),
     ("1E+05", "100000"), ("1E5", "100000"), ("AB", "AB")],
)  # fmt: skip
def test_what_a_spreadsheet_makes_of_a_code_is_that_code(given: str, code: str) -> None:
    assert same_but_for_spelling(given, code)


@pytest.mark.parametrize(
    ("given", "code"),
    [("5.94124E+12", CODE), ("5.94123E+11", CODE), ("5.95E+12", CODE), ("7E+12", CODE), ("594123", CODE),
     ("5.94123E+12", "AB-5941234567890"), ("5.94123E+12", ""), ("E+12", CODE), ("0E+12", CODE), ("5.94123E-12", CODE),
     ("-5.94123E+12", CODE), ("AB", "ab")],
)  # fmt: skip
def test_another_code_is_another(given: str, code: str) -> None:
    assert not same_but_for_spelling(given, code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("5.94123E+12", True), ("5,94E12", True), (CODE, False), ("", False), ("E12", False), ("AB1E5", False)],
)
def test_a_code_without_its_last_digits_is_known(code: str, *, expected: bool) -> None:
    assert is_shortened(code) is expected
