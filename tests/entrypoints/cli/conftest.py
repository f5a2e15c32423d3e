"""The real command line beside a real sandbox marketplace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emagsync.sandbox.process import SandboxProcess, start_sandbox
from entrypoints.cli.command import PLAIN, Cli, Kept
from support.processes import forking

SIZES = {"main": 230, "fbe": 40}


@pytest.fixture(scope="module")
def marketplace() -> Iterator[SandboxProcess]:
    accounts = [f"{name}:{name}-secret:{size}" for name, size in SIZES.items()]
    with forking():
        sandbox = start_sandbox(accounts, ["--no-limit"])
    with sandbox:
        yield sandbox


@pytest.fixture
def sandbox(marketplace: SandboxProcess) -> Iterator[SandboxProcess]:
    """The marketplace, without the faults and delays of the test before."""
    yield marketplace
    marketplace.control("DELETE", "/faults")
    marketplace.control("POST", "/settings", {"latency_ms": 0})


@pytest.fixture
def bare(tmp_path: Path) -> Cli:
    """A machine without any account."""
    return Cli(tmp_path, {"EMAGSYNC_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def cli(bare: Cli, sandbox: SandboxProcess) -> Cli:
    """Two accounts of the sandbox, its limit off, and retries that do not wait."""
    bare.variables |= {
        "EMAGSYNC_LIMIT__ENABLED": "false",
        "EMAGSYNC_RETRY__BASE_SECONDS": "0.01",
        "EMAGSYNC_RETRY__MAX_SECONDS": "0.02",
    }
    for name in SIZES:
        bare.variables |= {
            f"EMAG_{name.upper()}_USERNAME": name,
            f"EMAG_{name.upper()}_PASSWORD": f"{name}-secret",
            f"EMAG_{name.upper()}_BASE_URL": sandbox.api_url,
        }
    return bare.with_database()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def emag_id(cli: Cli, sandbox: SandboxProcess, kept: Kept) -> int:
    """The id of an offer of `fbe` with round values, in the local copy."""
    number = min(sandbox.offers("fbe"))
    sandbox.control("POST", "/offers/change", {"account": "fbe", "ids": [number], "set": PLAIN})
    kept.after(cli, "sync", "fbe", "--mode", "full")
    return number
