"""aiohttp reads the system's certificates with its first TLS connection: in processes of their own, for this one has
read them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.network import Certificates, answering, make_certificates, tls_before

_HOOK = "from emagsync.core.late_trust import read_certificates_late\nread_certificates_late()\n"
_GET = """
import asyncio, json, ssl, sys
{hook}
import aiohttp

async def get():
    async with aiohttp.ClientSession() as session:
        seen = []
        for _ in range(2):
            try:
                async with session.get(sys.argv[1]) as answer:
                    seen.append(answer.status)
            except aiohttp.ClientConnectorCertificateError as error:
                seen.append(error.certificate_error.verify_message)
        return seen

print(json.dumps(asyncio.run(get())))
"""


async def _said_by(program: str, *arguments: str, trusted: Path) -> Any:
    """What a program prints, where OpenSSL takes `trusted` for the system's certificates."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *arguments),
        env={**os.environ, "SSL_CERT_FILE": str(trusted), "SSL_CERT_DIR": str(trusted.parent / "none")},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await child.communicate()
    assert child.returncode == 0
    return json.loads(said)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def address(certificates: Certificates) -> AsyncIterator[str]:
    async with (
        answering("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") as plain,
        tls_before(int(plain.rpartition(":")[2]), certificates) as encrypted,
    ):
        yield encrypted


async def test_importing_aiohttp_reads_no_certificates(certificates: Certificates) -> None:
    read = "print(json.dumps(ssl.create_default_context().cert_store_stats()['x509_ca']))"
    program = (
        "import json, ssl\nown = ssl.SSLContext.load_default_certs\nread = []\n"
        "ssl.SSLContext.load_default_certs = lambda *given: (read.append(1), own(*given))[1]\n"
        f"{_HOOK}import aiohttp\nprint(json.dumps(len(read)))"
    )
    assert await _said_by(program, trusted=certificates.authority) == 0
    # What is put off is aiohttp's alone: any other context reads as ever.
    assert await _said_by(f"import json, ssl\n{_HOOK}import aiohttp\n{read}", trusted=certificates.authority) == 1


@pytest.mark.parametrize("hook", [_HOOK, ""], ids=["late", "as ever"])
async def test_what_the_system_trusts_is_trusted_and_nothing_else(
    hook: str, address: str, certificates: Certificates, tmp_path: Path
) -> None:
    program = _GET.format(hook=hook)
    other = make_certificates(tmp_path).authority
    assert await _said_by(program, address, trusted=certificates.authority) == [204, 204]
    refusals = await _said_by(program, address, trusted=other)
    assert refusals == ["unable to get local issuer certificate"] * 2
