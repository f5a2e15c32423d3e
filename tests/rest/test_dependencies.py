"""Endpoints get the services that the application was given, and only those."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request

from emagsync.rest.dependencies import Provided


class Kettle:
    """A service."""


kettle = Provided(Kettle)


def request_of(app: FastAPI) -> Request:
    return Request({"type": "http", "app": app})


async def test_an_endpoint_gets_the_object_that_its_application_was_given() -> None:
    one, other = FastAPI(), FastAPI()
    first, second = Kettle(), Kettle()
    kettle.provide(one, first)
    kettle.provide(other, second)
    assert await kettle(request_of(one)) is first
    assert await kettle(request_of(other)) is second


async def test_an_application_without_the_service_says_which_one_is_missing() -> None:
    with pytest.raises(LookupError, match="Kettle"):
        await kettle(request_of(FastAPI()))


async def test_what_an_endpoint_is_given_is_no_part_of_the_openapi_document() -> None:
    app = FastAPI()

    @app.get("/tea")
    async def tea(_: Annotated[Kettle, Depends(kettle)]) -> None:
        pass

    assert "parameters" not in app.openapi()["paths"]["/tea"]["get"]
