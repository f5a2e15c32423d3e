"""Names of accounts, as requests and options bring them."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from emagsync.core.account_names import AccountName
from emagsync.edits.push.api_schemas import PushRequest
from emagsync.sync.api_schemas import SyncRequest


@pytest.mark.parametrize("written", ["main", "MAIN", "Main", "mAIN"])
def test_an_account_is_named_in_any_letter_case(written: str) -> None:
    assert TypeAdapter(AccountName).validate_python(written) == "main"
    assert SyncRequest(account=written).account == "main"
    assert PushRequest(account=written).account == "main"


@pytest.mark.parametrize("written", ["", "a b", "_a", "a" * 33, "ă"])
def test_what_cannot_be_an_account_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AccountName).validate_python(written)
