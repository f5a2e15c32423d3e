"""The sandbox over https."""

import shutil
import ssl

import aiohttp
import pytest

from emagsync.sandbox.cli import main
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.process import start_sandbox
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import SandboxError
from emagsync.sandbox.tls import context_of

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


async def test_a_client_that_trusts_the_certificate_made_at_start_is_served(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    tls = context_of(certificate, key, wanted=True)
    assert key.stat().st_mode & 0o077 == 0
    trusting = ssl.create_default_context(cafile=str(certificate))
    headers = {"Authorization": aiohttp.encode_basic_auth("main", "main-secret")}
    async with SandboxServer(Marketplace(), tls=tls) as server, aiohttp.ClientSession(headers=headers) as session:
        assert server.api_url.startswith("https://127.0.0.1:")
        async with session.post(f"{server.api_url}/vat/read", ssl=trusting) as answer:
            assert (await answer.json())["isError"] is False
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.post(f"{server.api_url}/vat/read")


def test_files_that_are_there_are_used_as_they_are(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    context_of(certificate, key, wanted=True)
    before = certificate.read_bytes(), key.read_bytes()
    assert context_of(certificate, key, wanted=True) is not None
    assert context_of(certificate, key, wanted=False) is not None
    assert (certificate.read_bytes(), key.read_bytes()) == before


@pytest.mark.usefixtures("forked")
def test_a_child_process_speaks_https_too():
    with start_sandbox(["main:secret:3"], ["--tls"]) as sandbox:
        assert sandbox.api_url.startswith("https://")
        assert sandbox.offers("main").keys() == {1, 2, 3}


def test_half_a_pair_or_a_file_that_is_no_certificate_stops_the_start(tmp_path, capsys):
    (tmp_path / "no.pem").write_text("no")
    with pytest.raises(SandboxError, match="belong together"):
        context_of(tmp_path / "cert.pem", None, wanted=True)
    no = str(tmp_path / "no.pem")
    assert main(["--tls-cert", no, "--tls-key", no]) == 2
    assert "--tls-cert" in capsys.readouterr().err


def test_without_tls_it_is_http():
    assert context_of(None, None, wanted=False) is None
