"""Every example of `docs/api.md` is run: against a real server that has a copy, edits and conflicts.

The quick start is run by `test_generated_clients`, which looks at what it answers, too.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest

from emagsync.rest.principals import Role
from support.api import PASSWORD, Api, open_api
from support.local import accounts_at
from support.market import Market, open_market
from support.program import environment

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "api.md").read_text(encoding="utf-8")
_QUICK_START = re.search(r"\n## Quick start.*?(?=\n## )", TEXT, re.DOTALL)
ADDRESS = "localhost:8000"
# Nobody listens there, and nothing is asked of other machines.
_RECEIVER = "http://127.0.0.1:9/emagsync"

# Examples that cannot be run as they stand, by what they call, and why.
NOT_RUN = {"/api/v1/events": "a stream that never ends; test_live_events.py reads it"}
# Answers that are refusals here, in the page's order: the account's push is off, so that nothing was pushed or held.
REFUSED = [
    ("POST /api/v1/emag/push", 409, "push_off"),
    ("POST /api/v1/emag/holds/1/release", 404, "hold_not_found"),
    ("POST /api/v1/emag/undo", 409, "nothing_to_undo"),
    ("POST /api/v1/emag/undo", 404, "push_not_found"),
]
# Names by which a call is made: curl, and the functions that the page itself defines.
_CALL = re.compile(r"^(?:curl|api|edit) ", re.MULTILINE)
_SHIM = """#!/bin/sh
exec {curl} --max-time 60 -w '%{{stderr}}called %{{method}} %{{url}} %{{http_code}}\\n' "$@"
"""


class Called(NamedTuple):
    """One call that an example made: `GET /api/v1/...`, without its query."""

    what: str
    status: int


def examples() -> list[str]:
    """The page's blocks of commands, without those of the quick start."""
    assert _QUICK_START is not None
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT.replace(_QUICK_START.group(), ""), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if not any(call in block for call in NOT_RUN)]


def test_what_is_not_run_is_an_example() -> None:
    assert [call for call in NOT_RUN if not re.search(rf"^curl .*{re.escape(call)}", TEXT, re.MULTILINE)] == []


async def test_every_example_of_the_page_works(tmp_path: Path) -> None:
    async with open_market({"main": 30}) as market:
        settings = {"edits": {"conflict_strategy": "manual"}, "webhooks": {"allow_private": True}}
        async with open_api(tmp_path, accounts_at(market.url, "main"), **settings) as api:
            script = await _script(api, market, tmp_path)
            ran = await asyncio.to_thread(_run, script, tmp_path, market)
    assert ran.returncode == 0, ran.stderr
    called = [Called(what.partition("?")[0], int(status)) for what, status in _calls_in(ran.stderr, api)]
    # Those that wait for something call more than once.
    assert len(called) >= sum(len(_CALL.findall(example)) for example in examples())
    refused = [(one.what, one.status) for one in called if one.status >= HTTPStatus.BAD_REQUEST]
    assert refused == [(call, status) for call, status, _ in REFUSED]
    codes = [code for _, _, code in REFUSED]
    assert re.findall(rf'"code":"({"|".join(codes)})"', ran.stdout) == codes


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_no_example_has_an_older_name(page: Path) -> None:
    code = re.findall(r"^```(?:sh|console|json|python)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    older = r'account_type|stock_quantity|"(?:sku|price|price_with_vat)":|[?&]sku='
    assert re.findall(older, "".join(code)) == []


async def _script(api: Api, market: Market, folder: Path) -> str:
    """The examples, with this server's address, and ids and versions of what is there, in the place of the page's."""
    names = await _prepared(api, market, folder)
    token = api.admin.headers["Authorization"].removeprefix("Bearer ")
    lines = ["set -eu", f"ID={names.pop('$ID')}"]
    for example in examples():
        for written, meant in names.items():
            example = example.replace(written, meant)
        lines += [f"TOKEN={token}", example]
    return "\n".join(lines)


async def _prepared(api: Api, market: Market, folder: Path) -> dict[str, str]:
    """Make what the examples are about; what stands in them for it, each with what it is here."""
    await api.add_user("admin", Role.ADMIN)
    await _sync(api)
    values = {3: {"sale_price": "700.00", "stock": 5}, 12: {"stock": 4}}
    for emag_id, change in values.items():
        answer = await api.admin.patch(f"/api/v1/emag/products/products/{emag_id}", json={**change, "confirm": True})
        assert answer.status_code == 200, answer.text
    edit = answer.json()["data"]["pending_edits"][0]["id"]
    market.change("change", ids=[3], set={"sale_price": "650.1000", "stock": 9})
    await _sync(api)
    conflicts = (await api.admin.get("/api/v1/emag/conflicts?field=sale_price")).json()["conflicts"]
    product = (await api.admin.get("/api/v1/emag/products/products/7")).json()["data"]["product"]
    webhook = {"name": "before", "url": _RECEIVER, "events": ["completed"]}
    made = await api.admin.post("/api/v1/webhooks", json=webhook)
    return {
        ADDRESS: api.url.removeprefix("http://"),
        "https://erp.example.com/emagsync": _RECEIVER,
        '"password": "..."': f'"password": "{PASSWORD}"',
        # The first is revoked by an example of the command line.
        "/api/v1/tokens/1": "/api/v1/tokens/2",
        "ae2d38b39df8...": product["version"],
        "edits/12": f"edits/{edit}",
        "conflicts/1/": f"conflicts/{conflicts[0]['id']}/",
        "token=11e1532d...": f"token={await _token_of_file(api, folder / 'prices.xlsx')}",
        "$ID": made.json()["id"],
    }


async def _sync(api: Api) -> None:
    answer = await api.admin.post("/api/v1/emag/products/sync", json={"account": "main", "mode": "full"})
    assert answer.status_code == 200, answer.text


async def _token_of_file(api: Api, file: Path) -> str:
    """Write the file that an example uploads; what its preview says that applying it needs."""
    workbook = openpyxl.Workbook()
    for row in (("emag_id", "stock"), (8, 3), (9, 4)):
        workbook.active.append(row)
    workbook.save(file)
    form = {"account": "main", "preview": "true"}
    sent = {"file": (file.name, file.read_bytes())}
    answer = await api.admin.post("/api/v1/emag/products/products/bulk-edit", data=form, files=sent)
    return str(answer.json()["data"]["token"])


def _run(script: str, folder: Path, market: Market) -> subprocess.CompletedProcess[str]:
    """Run it in the folder, where `curl` also says, on standard error, what it called and how that was answered."""
    programs = folder / "programs"
    programs.mkdir()
    shim = programs / "curl"
    shim.write_text(_SHIM.format(curl=shutil.which("curl")))
    shim.chmod(0o755)
    variables = environment(folder, market.url)
    variables["PATH"] = os.pathsep.join((str(programs), str(Path(sys.executable).parent), variables["PATH"]))
    return subprocess.run(
        ["bash", "-c", script], env=variables, cwd=folder, capture_output=True, text=True, check=False
    )


def _calls_in(said: str, api: Api) -> list[tuple[str, str]]:
    """What was called, `GET /path?query`, and the status, of each call."""
    called = re.findall(r"^called (\w+) (\S+) (\d+)$", said, re.MULTILINE)
    address = api.url.removeprefix("http://")
    return [(f"{method} {url.removeprefix('http://').removeprefix(address)}", status) for method, url, status in called]
