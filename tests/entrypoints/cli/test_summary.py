"""What a sync's summary advises, by how the run ended."""

from __future__ import annotations

from typing import Any

import pytest

from emagsync.entrypoints.cli.commands import history
from emagsync.entrypoints.cli.output.summary import run_lines
from emagsync.sync.schemas import Mode, RunError, RunErrorCode, RunParameters, RunStatus, Selection
from sync.run_rows import AT, a_run

SELECTIVE = RunParameters(mode=Mode.SELECTIVE, selection=Selection(ids=(7,)))
LIMITED = RunParameters(max_pages=2)
PARTIAL, FAILED = RunStatus.PARTIAL, RunStatus.FAILED


def advice(status: RunStatus, *codes: str, parameters: RunParameters | None = None, **counts: Any) -> str:
    errors = tuple(RunError(code=code, message="m", at=AT) for code in codes)
    parameters = parameters or RunParameters()
    run = a_run(
        status=status, errors=errors, error_count=len(codes), parameters=parameters, mode=parameters.mode, **counts
    )
    return run_lines(run)[-1].strip()


@pytest.mark.parametrize(
    ("parameters", "codes", "pages_read", "limited"),
    [
        pytest.param(LIMITED, (), 2, True, id="as many pages as asked"),
        pytest.param(LIMITED, (RunErrorCode.FIELD_UNREADABLE,), 2, True, id="with a remark"),
        pytest.param(LIMITED, ("server_failure",), 1, False, id="the list was shorter, and something else failed"),
        pytest.param(SELECTIVE, (), 0, True, id="a selection"),
        pytest.param(SELECTIVE, (RunErrorCode.OFFER_NOT_KNOWN,), 0, True, id="a selection with an unknown offer"),
        pytest.param(RunParameters(), (RunErrorCode.CATALOGUE_MOVING,), 26, False, id="the list moved"),
        pytest.param(RunParameters(), ("server_failure",), 26, False, id="an offer was not answered for"),
    ],
)
def test_limited_as_asked_is_said_only_where_it_was(
    parameters: RunParameters, codes: tuple[str, ...], pages_read: int, limited: bool
) -> None:
    told = advice(PARTIAL, *codes, parameters=parameters, pages_read=pages_read)
    assert told.startswith("Limited as asked" if limited else "Not everything could be found out")


@pytest.mark.parametrize(
    ("code", "helps"),
    [
        ("credentials_refused", False),
        ("ip_not_allowed", False),
        ("api_right_missing", False),
        ("proxy_refused", False),
        ("unexpected_status", False),
        ("settings", False),
        ("server_failure", True),
        ("timeout", True),
        (RunErrorCode.STUCK, True),
        ("uncertain_write", True),
    ],
)
def test_trying_again_is_advised_where_it_may_help(code: str, helps: bool) -> None:
    told = advice(FAILED, code)
    assert ("Try again: `emagsync sync main" in told) is helps
    assert ("has to be put right" in told) is not helps


def test_a_dry_run_is_told_as_one() -> None:
    parameters = RunParameters(dry_run=True)
    assert advice(PARTIAL, parameters=parameters, failed=1) == (
        "Every page was read, but 1 row would not be stored (run run-1)."
    )
    assert advice(FAILED, "server_failure", parameters=parameters).startswith("Nothing was changed. Try again")


def test_a_run_that_is_shown_tells_how_many_errors_of_each_code_it_had(capsys: pytest.CaptureFixture[str]) -> None:
    kept = tuple(RunError(code="row_rejected", message="m", at=AT) for _ in range(2))
    codes = {"server_failure": 3, "row_rejected": 1200, "not_json": 3}
    history._print_run(a_run(status=PARTIAL, errors=kept, error_count=1206, error_codes=codes), [])
    assert "errors by code: row_rejected 1,200, not_json 3, server_failure 3\n" in capsys.readouterr().out
    history._print_run(a_run(status=PARTIAL, error_codes={}), [])
    assert "by code" not in capsys.readouterr().out
