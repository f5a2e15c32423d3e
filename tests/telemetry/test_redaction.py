"""No secret gets through, and nothing else is touched."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emagsync.telemetry.crashes import record_crash
from emagsync.telemetry.redaction import HIDDEN, Redactor


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.add_credentials([("seller", "pa/ss wörd")])
    return redactor


def redacted(redactor: Redactor, **event: Any) -> dict[str, Any]:
    return dict(redactor(None, "info", event))


@pytest.mark.parametrize(
    "name", ["password", "EMAG_MAIN_PASSWORD", "Authorization", "api_key", "cookie", "access_token", "client_secret"]
)
def test_a_field_with_a_telling_name_is_hidden(redactor: Redactor, name: str) -> None:
    assert redacted(redactor, **{name: "x1y2z3"}) == {name: HIDDEN}
    assert redacted(redactor, headers={name: "x1y2z3"}) == {"headers": {name: HIDDEN}}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("login with pa/ss wörd failed", id="plain"),
        pytest.param("https://x/?p=pa%2Fss%20w%C3%B6rd", id="in a URL"),
        pytest.param(b64encode("seller:pa/ss wörd".encode()).decode(), id="as Basic authorization"),
        pytest.param("postgresql://someone:pa55word@host/db", id="a database address"),
        pytest.param("Authorization: Bearer abc.def-ghi", id="a bearer token"),
    ],
)
def test_a_secret_inside_a_text_is_hidden(redactor: Redactor, text: str) -> None:
    shown = redacted(redactor, event=text, deep={"list": [text]}, error=ValueError(text))
    for secret in ("pa/ss wörd", "pa%2Fss", "pa55word", "abc.def", "c2VsbGVy"):
        assert secret not in str(shown)
    assert HIDDEN in shown["event"]


def test_other_fields_are_left_alone(redactor: Redactor) -> None:
    event = {"event": "page_stored", "account": "main", "page": 3, "price": "121.8400", "at": None}
    assert redacted(redactor, **event) == event


def test_a_short_password_does_not_blot_out_ordinary_words() -> None:
    redactor = Redactor()
    redactor.add_credentials([("seller", "a")])
    assert redactor.text("a page of main") == "a page of main"


def test_a_crash_is_kept_without_secrets_for_the_owner_only(redactor: Redactor, tmp_path: Path) -> None:
    try:
        raise RuntimeError("odd pa/ss wörd")
    except RuntimeError as error:
        path = record_crash(tmp_path / "new", error, redactor, at=datetime(2026, 1, 2, tzinfo=UTC))
    assert path is not None
    kept = path.read_text(encoding="utf-8")
    assert "RuntimeError" in kept
    assert "2026-01-02T00:00:00+00:00" in kept
    assert "wörd" not in kept
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_crash_that_cannot_be_written_down_is_not_another_crash(redactor: Redactor) -> None:
    assert record_crash(Path("/dev/null/x"), RuntimeError("x"), redactor, at=datetime.now(UTC)) is None
