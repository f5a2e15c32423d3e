"""TLS for clients that insist on https: a certificate that is given, or one that the ``openssl`` program makes."""

import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from emagsync.sandbox.settings import SandboxError

_DAYS: Final = "30"
_NAMES: Final = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


def context_of(certificate: Path | None, key: Path | None, *, wanted: bool) -> ssl.SSLContext | None:
    """What the options ``--tls``, ``--tls-cert`` and ``--tls-key`` ask for; ``None`` is plain http.

    A pair of files that is not there yet is made when *wanted*, so that a client can be told to trust it.

    Raises:
        SandboxError: only one of the files is given, they cannot be used, or none could be made.
    """
    if certificate is None and key is None:
        return _unnamed() if wanted else None
    if certificate is None or key is None:
        raise SandboxError("--tls-cert and --tls-key belong together.")
    if wanted and not certificate.exists() and not key.exists():
        make_self_signed(certificate, key)
    return server_context(certificate, key)


def _unnamed() -> ssl.SSLContext:
    with tempfile.TemporaryDirectory(prefix="emagsync-sandbox-") as folder:
        certificate, key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        make_self_signed(certificate, key)
        return server_context(certificate, key)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the server needs to speak TLS with this certificate (PEM). Raises :class:`SandboxError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SandboxError(f"--tls-cert {certificate}, --tls-key {key}: {error}") from error
    return context


def make_self_signed(certificate: Path, key: Path) -> None:
    """Write a certificate for ``localhost``, 127.0.0.1 and ::1, signed by itself and valid for a month, and its key.

    Raises:
        SandboxError: the ``openssl`` program is missing or did not make them; the message says what to do.
    """
    program = shutil.which("openssl")
    if program is None:
        raise SandboxError("--tls: the openssl program is not here; install it, or give --tls-cert and --tls-key.")
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", _DAYS]
    names = ["-subj", "/CN=emagsync sandbox", "-addext", _NAMES]
    made = subprocess.run(  # noqa: S603 - no shell, and arguments of our own
        [program, "req", *options, *names, "-keyout", str(key), "-out", str(certificate)],
        capture_output=True,
        check=False,
        text=True,
    )
    if made.returncode:
        raise SandboxError(f"--tls: openssl made no certificate: {made.stderr.strip()}")
    key.chmod(0o600)
