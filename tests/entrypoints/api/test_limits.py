"""What callers add one by one has a limit, and whoever meets it is told what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from emagsync.identity import repository as identity_repository
from emagsync.notifications import repository as notification_repository
from emagsync.offers import export_presets
from emagsync.sources import repository as source_repository
from emagsync.views import service as views
from emagsync.webhooks import repository as webhook_repository
from support.api import Api, open_api
from support.local import accounts_at

pytestmark = pytest.mark.databases("both", often="sqlite")

MOST = 3
# Where the limit is, how one is added, and what makes room for another.
FAMILY: dict[str, tuple[Any, str, str, dict[str, Any], str]] = {
    "webhooks": (webhook_repository, "MOST_WEBHOOKS", "/api/v1/webhooks", {"url": "https://example.com/"}, "remove"),
    "recipients": (
        *(notification_repository, "MOST_RECIPIENTS", "/api/v1/notifications/recipients"),
        *({"address": "tgram://1:a/2"}, "remove"),
    ),
    "sources": (
        *(source_repository, "MOST_SOURCES", "/api/v1/sources"),
        *({"kind": "folder", "address": "stock.csv", "account": "main"}, "remove"),
    ),
    "tokens": (identity_repository, "MOST_TOKENS", "/api/v1/tokens", {"role": "viewer"}, "revoke"),
    "saved filters": (views, "MOST_FILTERS", "/api/v1/emag/saved-filters", {"query": "stock=0"}, "delete"),
    "presets": (
        export_presets,
        "MOST_PRESETS",
        "/api/v1/emag/products/export-presets",
        {"columns": ["name"]},
        "delete",
    ),
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "stock.csv").write_text("part_number,stock\n")
    async with open_api(
        tmp_path, accounts_at("http://127.0.0.1:9", "main"), sources={"folder": folder}, schedule={"enabled": False}
    ) as running:
        yield running


@pytest.mark.often(first=1)
@pytest.mark.parametrize("things", FAMILY)
async def test_more_than_the_limit_are_refused_until_there_is_room(
    api: Api, things: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, constant, path, body, instead = FAMILY[things]
    assert getattr(module, constant) >= 100
    there = await api.rows("SELECT count(*) AS n FROM api_tokens") if things == "tokens" else [{"n": 0}]
    monkeypatch.setattr(module, constant, MOST + there[0]["n"])
    last: dict[str, Any] = {}
    for number in range(MOST):
        answer = await api.admin.post(path, json={"name": f"x {number}", **body})
        assert answer.status_code == 201, answer.text
        last = answer.json()
    refused = await api.admin.post(path, json={"name": "one more", **body})
    assert refused.status_code == 409
    assert refused.json()["code"].startswith("too_many")
    assert f"{instead} one first" in refused.json()["detail"]
    assert (await api.admin.delete(f"{path}/{last['id']}")).is_success
    assert (await api.admin.post(path, json={"name": "one more", **body})).status_code == 201
