"""How long a page of a list may be: the same for every list, in the document and when it is asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from emagsync.rest.openapi import operations
from emagsync.rest.paging import MOST_ENTRIES, MOST_LOG_ENTRIES, MOST_ROWS
from support.api import Api
from support.document import openapi_document

# Lists that gave longer pages before there was one length for all: programs count on it.
LONGER = {
    "list_edits": MOST_ENTRIES,
    "list_conflicts": MOST_ENTRIES,
    "list_product_changes": MOST_ENTRIES,
    "list_run_changes": MOST_ENTRIES,
    "read_feed": MOST_LOG_ENTRIES,
    "list_sync_differences": MOST_LOG_ENTRIES,
}


def longest_pages() -> dict[str, tuple[str, Any]]:
    """By operation id: the path of a list that is read in pages, and the most that one page may have."""
    return {
        operation["operationId"]: (path, parameter["schema"].get("maximum"))
        for path, method, operation in operations(openapi_document())
        for parameter in operation.get("parameters", ())
        if method == "get" and parameter["name"] == "limit"
    }


def test_every_list_gives_pages_of_five_hundred() -> None:
    assert MOST_ROWS == 500
    found = longest_pages()
    assert {"list_offers", "list_runs", "list_outbox", "read_audit_log", "list_webhook_deliveries"} <= found.keys()
    assert {name: most for name, (_, most) in found.items()} == dict.fromkeys(found, MOST_ROWS) | LONGER


async def test_a_longer_page_is_refused_by_the_parameters_name(api: Api, subtests: pytest.Subtests) -> None:
    for name, (path, most) in longest_pages().items():
        with subtests.test(name):
            if "{" not in path:
                assert (await api.admin.get(path, params={"limit": most})).status_code == 200
            refused = await api.admin.get(re.sub(r"{\w+}", "1", path), params={"limit": most + 1})
            assert refused.status_code == 422
            assert "limit" in {error["field"] for error in refused.json()["errors"]}
