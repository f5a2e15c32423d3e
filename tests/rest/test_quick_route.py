"""Quick routes answer as FastAPI's own do, whatever the request."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from starlette.responses import Response
from starlette.testclient import TestClient

from emagsync.rest.quick_route import QuickRoute

CALLED: list[str] = []


async def for_all(request: Request) -> None:
    CALLED.append("all")
    if "refused" in request.query_params:
        raise HTTPException(418, "refused")


async def shared(request: Request) -> str:
    CALLED.append("shared")
    return request.url.path


async def caller(path: Annotated[str, Depends(shared)], scopes: SecurityScopes) -> str:
    CALLED.append("caller")
    return f"{path} {scopes.scope_str}"


async def parts(
    path: Annotated[str, Depends(shared)],
    fields: Annotated[list[str] | None, Query(max_length=2)] = None,
    limit: Annotated[int, Query(ge=1, alias="most")] = 7,
) -> list[Any]:
    CALLED.append("parts")
    return [path, fields, limit]


def plainly(number: int) -> int:
    return number + 1


async def of_number(
    who: Annotated[str, Security(caller, scopes=["viewer"])],
    found: Annotated[list[Any], Depends(parts)],
    number: Annotated[int, Path(ge=1)],
) -> Response:
    return Response(repr((who, found, number)))


async def in_a_thread(more: Annotated[int, Depends(plainly)]) -> Response:
    return Response(str(more))


async def with_body(given: dict[str, int]) -> Response:
    return Response(repr(given))


async def as_a_model(number: int = 3) -> dict[str, int]:
    return {"number": number}


def client_of(route_class: type[APIRoute]) -> TestClient:
    router = APIRouter(prefix="/things", route_class=route_class)
    router.get("/thread")(in_a_thread)
    router.get("/model")(as_a_model)
    router.post("/body")(with_body)
    router.get("/{number}")(of_number)
    app = FastAPI(dependencies=[Depends(for_all)])
    app.include_router(router)
    return TestClient(app)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/things/5",
            "/things/5?fields=a&fields=b&most=2",
            "/things/5?most=0",
            "/things/5?fields=a&fields=b&fields=c",
        ),
        *("/things/0", "/things/x?most=x", "/things/5?other=1", "/things/5?refused=1", "/things/0?refused=1"),
        *("/things/thread?number=4", "/things/thread", "/things/model", "/things/model?number=x"),
    ],
)
def test_a_quick_route_answers_as_any_other(path: str) -> None:
    CALLED.clear()
    quick, usual = client_of(QuickRoute).get(path), client_of(APIRoute).get(path)
    assert (quick.status_code, quick.content) == (usual.status_code, usual.content)
    assert quick.headers == usual.headers


@pytest.mark.parametrize("body", [{"a": 1}, {"a": "x"}, []])
def test_a_body_is_read_as_ever(body: Any) -> None:
    quick, usual = (client_of(kind).post("/things/body", json=body) for kind in (QuickRoute, APIRoute))
    assert (quick.status_code, quick.content) == (usual.status_code, usual.content)


def test_each_dependency_is_called_once_and_those_of_the_application_first() -> None:
    CALLED.clear()
    assert client_of(QuickRoute).get("/things/5").text == repr(("/things/5 viewer", ["/things/5", None, 7], 5))
    assert CALLED == ["all", "shared", "caller", "parts"]
