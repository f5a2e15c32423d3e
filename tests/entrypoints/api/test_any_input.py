"""Whatever is sent to whatever route: the server does not fail, and answers as the OpenAPI document says."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from emagsync.rest.principals import Role
from support.api import open_api
from support.local import accounts_at
from support.market import open_market

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# They would end the caller that the test is, or call out of this machine.
LEFT_OUT = r"/api/v1/tokens/|/webhooks/.*/test"
PATIENCE_SECONDS = 240


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("role", "phases", "examples"),
    [
        pytest.param(Role.ADMIN, "fuzzing", 2, id="a few of an admin for each route"),
        pytest.param(Role.VIEWER, "fuzzing", 1, id="one of a viewer"),
        # Each bound of each parameter besides, which takes minutes.
        pytest.param(Role.ADMIN, "coverage,fuzzing", 5, id="systematic", marks=pytest.mark.storm),
        pytest.param(Role.VIEWER, "coverage,fuzzing", 5, id="systematic, of a viewer", marks=pytest.mark.storm),
    ],
)
async def test_no_input_makes_the_server_fail_or_answer_otherwise_than_documented(
    tmp_path: Path, role: Role, phases: str, examples: int
) -> None:
    async with open_market({"main": 30, "fbe": 10}) as market:
        accounts = accounts_at(market.url, "main", "fbe")
        async with open_api(tmp_path, accounts, schedule={"enabled": False}) as api:
            # A stream of events ends with what it has to tell: it would never end otherwise.
            api.services.events.close()
            token = await api.services.tokens.create("any", role, user_id=None, expires_in_days=1)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"),
                *(f"{api.url}/openapi.json", "-H", f"Authorization: Bearer {token.token}"),
                *("--exclude-path-regex", LEFT_OUT, "--checks", CHECKS, "--phases", phases),
                *("--max-examples", str(examples), "--workers", "2", "--seed", "20261123", "--no-color"),
                *("--suppress-health-check", "all", "--request-timeout", "60", "--generation-database", "none"),
                cwd=tmp_path,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            try:
                said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
    assert process.returncode == 0, said.decode()[-20_000:]
