"""The OpenAPI document: reading it, and completing FastAPI's with the problem answers that every route may give."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute

from emagsync.core.older_names import OLDER_NAMES
from emagsync.rest.auth import COOKIE_SCHEME
from emagsync.rest.conditional import NOT_MODIFIED, NOT_MODIFIED_NAME, describe_conditional_read
from emagsync.rest.idempotency_keys import KEY_PARAMETER
from emagsync.rest.problems import FieldProblem, Problem, problem_in_document
from emagsync.rest.query_reader import QueryReader, readers_of

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_REFERENCE = "#/components/schemas/{model}"
# What any route may answer, by the name of the shared response.
_BY_ANY = {
    "400": ("BadHost", "The server was called by a name that it does not answer to"),
    "408": ("TooSlow", "The request took too long to arrive"),
    "500": ("InternalError", "Unexpected; `error_id` finds the details in the server's log"),
    "503": ("Unavailable", "The database is not available, or the server has too much to do"),
}
_KEY_IN_USE = "The first request with the same `Idempotency-Key` is still being handled, or its outcome is not known"
_BY_BODIES = {
    "413": ("BodyTooLarge", "The body is larger than this server takes"),
    "415": ("OtherFormat", "The body is in another format than this route takes, or compressed"),
}
_BY_CHANGES = {"507": ("DiskFull", "The server's disk has no room left; nothing was changed")}


def install_openapi(
    app: FastAPI,
    bodies: Sequence[type[BaseModel]] = (),
    examples: Mapping[str, Mapping[str, Any]] | None = None,
    keyed: Collection[str] = (),
    routes: Sequence[BaseRoute] = (),
) -> None:
    """Make `app.openapi()` describe the problem answers, and the `bodies` that routes refer to by `body_reference`.

    `examples` are by operation id: a `request` body, if the route takes one, and the `response` with its `status`.
    `keyed` are the ids of the operations that heed an idempotency key. `routes` are all that the document is of.
    """
    plain = app.openapi
    readers = {route.name: reader for route in routes if isinstance(route, APIRoute) for reader in readers_of(route)}

    def openapi() -> dict[str, Any]:
        document = plain()
        if "x-problems" not in document:
            _describe_read_queries(document, readers)
            _describe_cookies(document)
            _describe_keys(document, keyed)
            _describe_problems(document, bodies)
            _share_common_refusals(document)
            document["components"]["responses"][NOT_MODIFIED_NAME] = dict(NOT_MODIFIED)
            for path, method, operation in operations(document):
                describe_conditional_read(path, method, operation)
                operation["summary"] = _summary(operation)
                _show_example(operation, (examples or {}).get(operation["operationId"]))
            document["x-problems"] = True
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def operation_id(route: APIRoute) -> str:
    """The name of a route for generated clients: that of its function, such as `list_offers`."""
    return route.name


def body_reference(model: type[BaseModel]) -> dict[str, str]:
    """A reference to `model`, for the `openapi_extra` of a route that parses its body itself.

    FastAPI does not know of such a body, so `install_openapi` has to be given the model too.
    """
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of an OpenAPI document: its path, its method in lower case, and its object."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def required_role(operation: dict[str, Any]) -> str | None:
    """The role that an operation needs; None when it needs no authentication.

    OpenAPI 3.1 lets a security requirement list role names; `emagsync.rest.auth` and this module fill them in.
    """
    roles = [role for requirement in operation.get("security", []) for names in requirement.values() for role in names]
    return roles[-1] if roles else None


def _describe_problems(document: dict[str, Any], bodies: Sequence[type[BaseModel]]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (FieldProblem, Problem):
        schema = model.model_json_schema(ref_template=_REFERENCE, mode="validation")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    for body in bodies:
        schema = body.model_json_schema(ref_template=_REFERENCE, mode="validation")
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas.setdefault(body.__name__, schema)
    for schema in schemas.values():
        _promise_no_older_names(schema)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for _, _, operation in operations(document):
        _describe_refusals(operation)
        _describe_older_parameters(operation)


def _describe_read_queries(document: dict[str, Any], readers: Mapping[str, QueryReader[Any]]) -> None:
    """The parameters of queries that FastAPI does not read itself, before those that it does."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for _, _, operation in operations(document):
        reader = readers.get(operation["operationId"])
        if reader is not None:
            parameters, their_schemas = reader.described()
            operation["parameters"] = [*parameters, *operation.get("parameters", ())]
            for name, schema in their_schemas.items():
                schemas.setdefault(name, schema)


def _describe_cookies(document: dict[str, Any]) -> None:
    """Where a role is needed, a session's cookie does as well as a token."""
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes[COOKIE_SCHEME.scheme_name] = COOKIE_SCHEME.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    for _, _, operation in operations(document):
        role = required_role(operation)
        if role is not None:
            operation["security"].append({COOKIE_SCHEME.scheme_name: [role]})


def _describe_keys(document: dict[str, Any], keyed: Collection[str]) -> None:
    for _, _, operation in operations(document):
        if operation["operationId"] in keyed:
            operation.setdefault("parameters", []).append(dict(KEY_PARAMETER))
            operation["responses"].setdefault("409", problem_in_document(_KEY_IN_USE))


def _promise_no_older_names(schema: dict[str, Any]) -> None:
    """Older names are in every answer, but whoever writes a client now need not count on them."""
    properties = schema.get("properties", {})
    required = [name for name in schema.get("required", ()) if not properties.get(name, {}).get("deprecated")]
    if required:
        schema["required"] = required


def _describe_older_parameters(operation: dict[str, Any]) -> None:
    """FastAPI describes a query parameter by the first of its names only."""
    parameters: list[dict[str, Any]] = operation.get("parameters", [])
    for parameter in list(parameters):
        older = OLDER_NAMES.get(parameter["name"]) if parameter["in"] == "query" else None
        if older is not None:
            description = f"The older name of `{parameter['name']}`."
            schema = {key: value for key, value in parameter["schema"].items() if key != "default"}
            parameters.append(
                parameter
                | {"name": older, "required": False, "deprecated": True, "description": description, "schema": schema}
            )


def _describe_refusals(operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation.setdefault("responses", {})
    if "security" in operation and required_role(operation) is None:
        operation["security"].insert(0, {})  # authentication is optional
    if required_role(operation) is not None:
        responses.setdefault("401", problem_in_document("No caller: no token or session, or one that has ended"))
        responses.setdefault("403", problem_in_document("The caller's role is too small, or the CSRF check failed"))
    if "422" in responses or "requestBody" in operation or "parameters" in operation:
        responses["422"] = problem_in_document("A value was refused; `errors` names it")
    responses.setdefault("default", problem_in_document("Any other refusal or failure"))


def _share_common_refusals(document: dict[str, Any]) -> None:
    """Refer each operation to the refusals that do not depend on it; its own description of a status stays."""
    shared = document["components"].setdefault("responses", {})
    for name, description in (_BY_ANY | _BY_BODIES | _BY_CHANGES).values():
        shared[name] = problem_in_document(description)
    for _, method, operation in operations(document):
        common = _BY_ANY | (_BY_BODIES if "requestBody" in operation else {}) | (_BY_CHANGES if method != "get" else {})
        for status, (name, _) in common.items():
            operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})


def _summary(operation: dict[str, Any]) -> str:
    """The first sentence of what the route says of itself, without its full stop."""
    sentence = re.split(r"(?<=[^.])[.:](?:\s|$)", operation.get("description", ""), maxsplit=1)[0]
    return " ".join(sentence.split()) or str(operation["summary"])


def _show_example(operation: dict[str, Any], example: Mapping[str, Any] | None) -> None:
    if example is None:
        return
    if "request" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["request"]
    operation["responses"][example["status"]]["content"]["application/json"]["example"] = example["response"]
