"""Reading a model of many query parameters, as FastAPI's `Query()` does it, and in a small part of its time.

FastAPI looks at each of the model's fields, and at its annotation, in every request: of a list of offers, which has 35,
that is a fifth of the answer's time. Here the fields are looked at once; a request costs what it gives.

What FastAPI does not know of, others have to be told: the OpenAPI document (`rest.openapi`) and what refuses unknown
names (`rest.unknown_names`), which finds readers among a route's dependencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from emagsync.core.vocabulary import names_of

Model = TypeVar("Model", bound=BaseModel)
Description = tuple[list[dict[str, Any]], dict[str, Any]]


class QueryReader(Generic[Model]):
    """A dependency whose value is the model of a request's query. Raises RequestValidationError, 422."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        # By each name that a request may use: the field's first name, and whether it takes several values.
        self._fields = {
            name: (names[0], takes_several(field.annotation))
            for key, field in model.model_fields.items()
            for names in [names_of(key, field)]
            for name in names
        }

    async def __call__(self, request: Request) -> Model:
        """The model."""
        given = request.query_params
        values: dict[str, Any] = {}
        for name in given:
            if name in self._fields:
                first, several = self._fields[name]
                values[first] = given.getlist(name) if several else given[name]
        try:
            return self.model.model_validate(values)
        except ValidationError as error:
            errors = [{**one, "loc": ("query", *one["loc"])} for one in error.errors(include_url=False)]
            raise RequestValidationError(errors) from error

    def described(self) -> Description:
        """Its parameters and the schemas that they refer to, as FastAPI writes them into an OpenAPI document."""
        shadow = FastAPI()

        def route(query: Any) -> None: ...

        route.__annotations__["query"] = Annotated[self.model, Query()]
        shadow.get("/")(route)
        document = shadow.openapi()
        schemas = document.get("components", {}).get("schemas", {})
        return document["paths"]["/"]["get"]["parameters"], schemas


def readers_of(route: APIRoute) -> Iterator[QueryReader[Any]]:
    """The readers that a route depends on."""
    parts = [route.dependant]
    for part in parts:  # grows while it is walked
        if isinstance(part.call, QueryReader):
            yield part.call
        parts.extend(part.dependencies)


def takes_several(annotation: Any) -> bool:
    """Whether it is a list, or may be one, whatever unions and metadata are around it."""
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, Sequence | Set) and not issubclass(origin, str | bytes):
        return True
    return any(takes_several(part) for part in get_args(annotation))
