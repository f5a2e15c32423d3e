"""Every refusal is a problem answer with a stable code, names the field, and shows no internals."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, SecretStr

from emagsync.core.errors import ConfigurationError, EmagsyncError, ErrorKind
from emagsync.db.errors import ConstraintViolated, DatabaseUnavailable
from emagsync.rest.problems import ApiProblem, problem_of
from support.api import Api

SECRET = "hunter2-hunter2"


class Teapot(EmagsyncError):
    """An error of some room."""

    code = "teapot"
    http_status = HTTPStatus.IM_A_TEAPOT

    def __init__(self) -> None:
        super().__init__("It is a teapot.")
        self.colour = "blue"

    def problem_members(self) -> Mapping[str, Any]:
        return {"colour": self.colour}

    def problem_headers(self) -> Mapping[str, str]:
        return {"X-Tea": "yes"}


class SmallTeapot(Teapot):
    """A more precise one."""

    code = "small_teapot"


class Body(BaseModel):
    """A body with a secret in it."""

    password: SecretStr
    number: Annotated[int, Query(ge=1)]


async def fail(request: Request) -> None:
    raise {
        "unexpected": RuntimeError(SECRET),
        "database": DatabaseUnavailable("The database /var/lib/x.sqlite3 is locked."),
        "conflict": ConstraintViolated("UNIQUE constraint failed: users.username"),
        "settings": ConfigurationError("Set EMAG_MAIN_USERNAME."),
        "teapot": SmallTeapot(),
    }[request.query_params["why"]]


async def take(body: Body) -> None:
    raise AssertionError(body)


@pytest.fixture
def failing(api: Api) -> httpx2.AsyncClient:
    app = api.server.config.app
    assert isinstance(app, FastAPI)
    app.add_api_route("/api/fail", fail, include_in_schema=False)  # it declares no parameters
    app.add_api_route("/api/take", take, methods=["POST"])
    return api.stranger


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        ("unexpected", 500, "internal_error"),
        ("database", 503, "database_unavailable"),
        ("conflict", 409, "constraint"),
        ("settings", 400, "configuration"),
        ("teapot", 418, "small_teapot"),
    ],
)
async def test_each_kind_of_error_has_its_status_and_code(
    failing: httpx2.AsyncClient, why: str, status: int, code: str
) -> None:
    answer = await failing.get("/api/fail", params={"why": why})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["instance"]) == (status, code, "/api/fail")
    assert {"type", "title", "detail"} <= problem.keys()


async def test_an_unexpected_error_shows_nothing_but_where_the_log_has_it(
    failing: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await failing.get("/api/fail", params={"why": "unexpected"})
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    logged = capsys.readouterr().out + caplog.text
    assert answer.json()["error_id"] in logged


async def test_where_the_database_is_stays_in_the_log(failing: httpx2.AsyncClient) -> None:
    for why in ("database", "conflict"):
        answer = await failing.get("/api/fail", params={"why": why})
        assert "sqlite" not in answer.text
        assert "UNIQUE" not in answer.text


async def test_an_error_may_add_members_and_headers(failing: httpx2.AsyncClient) -> None:
    answer = await failing.get("/api/fail", params={"why": "teapot"})
    assert answer.json()["colour"] == "blue"
    assert answer.headers["x-tea"] == "yes"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        pytest.param(f'{{"password": "{SECRET}", "number": 0}}', "number", "greater_than_equal", id="out of range"),
        pytest.param(f'{{"password": ["{SECRET}"], "number": 1}}', "password", "string_type", id="of another type"),
        pytest.param(f'{{"password": "{SECRET}"}}', "number", "missing", id="missing"),
        pytest.param(f'{{"password": "{SECRET}', "body", "json_invalid", id="no JSON"),
        pytest.param(f'"{SECRET}"', "body", "model_attributes_type", id="no object"),
        pytest.param("", "body", "missing", id="nothing"),
    ],
)
async def test_a_refused_body_names_the_field_and_repeats_no_value(
    failing: httpx2.AsyncClient, body: str, field: str, code: str
) -> None:
    answer = await failing.post("/api/take", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid_request"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("PUT", "/health/live", 405, "method_not_allowed"),
        ("GET", "/health/live/", 404, "not_found"),
    ],
)
async def test_addresses_and_methods_that_are_not_ours(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.stranger.request(method, path)
    assert answer.status_code == status
    assert answer.json()["code"] == code


async def test_a_method_that_is_not_taken_is_answered_with_all_that_are(api: Api) -> None:
    assert (await api.stranger.put("/api/v1/users")).headers["allow"] == "GET, POST"
    assert (await api.stranger.put("/api/v1/users/7")).headers["allow"] == "GET, PATCH"


def test_an_error_without_a_status_is_answered_by_its_kind() -> None:
    class Passing(EmagsyncError):
        kind = ErrorKind.TRANSIENT

    assert problem_of(Passing("later")).status == 503
    assert problem_of(EmagsyncError("no")).status == 422
    own = ApiProblem(409, "busy", "It is busy.", run_id="r1")
    assert problem_of(own) is own


async def test_the_document_has_one_problem_schema_and_no_other_error(api: Api) -> None:
    document = (await api.viewer.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert {"Problem", "FieldProblem"} <= schemas.keys()
    assert not {"HTTPValidationError", "ValidationError"} & schemas.keys()
    assert {"type", "title", "status", "detail", "code", "instance"} == set(schemas["Problem"]["required"])
