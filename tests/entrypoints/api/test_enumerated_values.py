"""A refusal of a value of an enumeration names all that are known, and the nearest: for every parameter there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from emagsync.rest.nearest import nearest_of
from emagsync.rest.openapi import operations
from support.api import Api
from support.document import openapi_document

DOCUMENT = openapi_document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def words_of(schema: dict[str, Any]) -> list[str]:
    """The values of an enumeration, whatever list or union is around it."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return words_of(SCHEMAS[name])
    own = [schema["const"]] if "const" in schema else schema.get("enum", [])
    parts = [*schema.get("anyOf", []), *schema.get("allOf", []), schema.get("items", {})]
    return [str(word) for word in own] + [word for part in parts if part for word in words_of(part)]


def enumerated_parameters() -> Iterator[tuple[str, str, str, list[str]]]:
    """Method, address, parameter and its known values."""
    for path, method, operation in operations(DOCUMENT):
        kinds = {item["name"]: item["schema"].get("type") for item in operation.get("parameters", [])}
        address = re.sub(r"{(\w+)}", lambda found: "1" if kinds[found[1]] == "integer" else "x", path)  # noqa: B023
        for item in operation.get("parameters", []):
            words = words_of(item["schema"])
            if item["in"] == "query" and words and all(re.fullmatch(r"-?[a-z_]{4,}", word) for word in words):
                yield method, address, item["name"], words


def test_the_walk_finds_the_enumerations() -> None:
    assert {name for _, _, name, _ in enumerated_parameters()} >= {"sort"}


async def test_every_enumerated_parameter_names_the_nearest_value(api: Api) -> None:
    for method, address, name, words in enumerated_parameters():
        meant = max(words, key=len)
        answer = await api.admin.request(method.upper(), address, params={name: f"{meant}x"})
        assert answer.status_code == 422, (method, address, name, answer.text)
        problems = [one for one in answer.json()["errors"] if one["field"].split(".")[0] == name]
        # A union, such as of a time and a word, has an error for each of its members.
        errors = [one for one in problems if one["code"] in ("enum", "literal_error")]
        assert [one["values"] for one in errors] == [{"nearest": meant}], (method, address, name, answer.text)
        assert errors[0]["message"].endswith(f"; did you mean '{meant}'?")
        assert all(f"'{word}'" in errors[0]["message"] for word in words), "the list of known values is whole"
        assert errors[0]["message"] in answer.json()["detail"]


@pytest.mark.parametrize(("role", "nearest"), [("Viewr", "viewer"), ("opertor", "operator"), ("x" * 5000, None)])
async def test_a_field_of_a_body_does_so_too_and_never_repeats_what_was_sent(
    api: Api, role: str, nearest: str | None
) -> None:
    body = {"username": "ana", "password": "a few words do well", "role": role}
    answer = await api.admin.post("/api/v1/users", json=body)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "role")
    assert error.get("values", {}) == ({} if nearest is None else {"nearest": nearest})
    assert role not in answer.text


def test_case_is_no_difference_and_little_likeness_is_none() -> None:
    assert nearest_of("ACTIV", ["inactive", "Active"]) == "Active"
    assert nearest_of("zebra", ["active", "inactive"]) is None
    assert nearest_of("active", []) is None
