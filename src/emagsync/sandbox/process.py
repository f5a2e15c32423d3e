"""The sandbox as a child process, for programs and tests that need it beside them rather than inside."""

import http.client
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from emagsync.sandbox.codec import as_served, encode
from emagsync.sandbox.settings import SandboxError

_POLL_S: Final = 0.02
_CONTROL_TIMEOUT_S: Final = 60.0


class SandboxProcess:
    """A running ``python -m emagsync.sandbox`` and its control API. It ends with its parent, even one that is killed.

    Use it as a context manager, or call :meth:`stop`.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, *, tls: bool = False) -> None:
        self._process, self.port, self._tls = process, port, tls

    @property
    def base_url(self) -> str:
        """Where it answers, like ``http://127.0.0.1:41234``."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """The base URL to configure in an integration."""
        return f"{self.base_url}/api-3"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control API: ``control("POST", "/faults", {"kind": "html"})``.

        Raises:
            SandboxError: the sandbox refused the request; the message is its own.
        """
        data = self._request(method, path, body)
        return as_served(data)

    def report(self) -> Any:
        """What the sandbox saw: requests, peaks and refusals by account."""
        return self.control("GET", "/report")

    def offers(self, account: str) -> dict[int, dict[str, Any]]:
        """The truth: every offer of the account by id, as an ordinary JSON reader sees it."""
        lines = self._request("GET", f"/offers?account={account}", None).splitlines()
        rows = [as_served(line) for line in lines]
        return {int(row["id"]): row for row in rows}

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _request(self, method: str, path: str, body: Any) -> bytes:
        connection = self._connection()
        try:
            connection.request(method, f"/_control{path}", None if body is None else encode(body))
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise SandboxError(f"{method} {path}: {response.status} {data.decode(errors='replace')}")
        return data

    def _connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=_CONTROL_TIMEOUT_S)
        # Our own child on this machine, whose certificate nobody has signed.
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=_CONTROL_TIMEOUT_S, context=trusting)

    def __enter__(self) -> "SandboxProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_sandbox(
    accounts: Iterable[str] = (), options: Sequence[str] = (), *, port: int = 0, timeout_seconds: float = 30.0
) -> SandboxProcess:
    """Start a sandbox and wait until it answers.

    Args:
        accounts: each ``NAME:PASSWORD[:OFFERS|:FILE.csv|:FILE.json]``; the two default accounts when there are none.
        options: more of the command line, such as ``["--no-limit", "--latency-ms", "250"]``.

    Raises:
        SandboxError: it ended or did not answer in time; the message holds what it said.
    """
    named = [part for account in accounts for part in ("--account", account)]
    with tempfile.TemporaryDirectory(prefix="emagsync-sandbox-") as folder, tempfile.TemporaryFile() as said:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "emagsync.sandbox", "--port", str(port), "--port-file", str(port_file)]
        process = subprocess.Popen(  # noqa: S603 - our own module with our own arguments
            [*command, "--exit-with-stdin", *named, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        end = time.monotonic() + timeout_seconds
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                process.communicate()
                said.seek(0)
                raise SandboxError(f"The sandbox did not start: {said.read().decode(errors='replace').strip()}")
            time.sleep(_POLL_S)
        tls = any(option.startswith("--tls") for option in options)
        return SandboxProcess(process, int(port_file.read_text(encoding="ascii")), tls=tls)
