"""A recording: requests to eMAG and their answers as a folder of files, which the sandbox can serve again.

The recorder (`marketplace/recording/`) writes it and the sandbox reads it; both know nothing of each other but this.

    DIR/recording.json          {"format": 1, "made_by": "emagsync 1.2.0"}
    DIR/exchanges-NAME.jsonl    one line for each request, in the order in which they ended; a file for each process
    DIR/bodies/SHA256.EXT       the answers' bodies, each once, whatever number of answers had it

`docs/recordings.md` describes the lines.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from emagsync.core.errors import ConfigurationError

FORMAT: Final = 1
_HEADER: Final = "recording.json"
_BODIES: Final = "bodies"

# Why there is no whole answer: no connection; it broke, hung, or ended early; it was larger than is read.
Failure = Literal["not_connected", "broken", "timeout", "truncated", "too_large"]


class RecordingError(ConfigurationError):
    """A folder that holds no recording, or that none can be written to; the message names it."""

    code = "recording"


@dataclass(frozen=True)
class Exchange:
    """One request of an account, and what came back.

    `at` is when it was sent (UTC, ISO 8601), `seconds` how long the answer took. `request` is the decoded JSON body,
    None where there was none. `status` is None when no answer came, and `failure` says why; a `body` may be there
    all the same, as far as it was read.
    """

    account: str
    platform: str
    at: str
    method: str
    route: str
    query: tuple[tuple[str, str], ...] = ()
    request: Any = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failure: Failure | None = None


class RecordingWriter:
    """Appends exchanges to the recording in a folder, which is made, for its owner only, when it is missing.

    Every line is whole as soon as `add` has returned: a killed process leaves a usable recording. Several processes may
    write to one folder. Raises RecordingError when it cannot be written.
    """

    def __init__(self, folder: Path, *, made_by: str) -> None:
        self.folder = folder
        self.exchanges = 0
        try:
            (folder / _BODIES).mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_once(folder / _HEADER, json.dumps({"format": FORMAT, "made_by": made_by}).encode() + b"\n")
            name = f"exchanges-{os.getpid()}-{os.urandom(3).hex()}.jsonl"
            self._lines = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def add(self, exchange: Exchange, body: bytes, extension: str) -> None:
        """Append one exchange with the body of its answer; `extension` is the body's file's, such as `json`."""
        try:
            name = None if not body else self._keep(body, extension)
            line = {key: value for key, value in vars(exchange).items() if value not in (None, (), {})} | {"body": name}
            os.write(self._lines, json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self.exchanges += 1

    def close(self) -> None:
        """Close the file."""
        os.close(self._lines)

    def _keep(self, body: bytes, extension: str) -> str:
        name = f"{hashlib.sha256(body).hexdigest()}.{extension}"
        _write_once(self.folder / _BODIES / name, body)
        return name


class Recording:
    """A recording in a folder, for reading. Raises RecordingError when there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        header = self._header()
        if header.get("format") != FORMAT:
            raise RecordingError(f"{folder} has format {header.get('format')!r}; this version reads format {FORMAT}.")
        lines = [line for path in sorted(folder.glob("exchanges-*.jsonl")) for line in self._lines(path)]
        lines.sort(key=lambda line: line[0].at)
        self._bodies = [name for _, name in lines]
        self.exchanges: tuple[Exchange, ...] = tuple(exchange for exchange, _ in lines)

    @property
    def platforms(self) -> dict[str, str]:
        """The accounts that were recorded, each with its platform's code."""
        return {exchange.account: exchange.platform for exchange in self.exchanges}

    def body(self, number: int) -> bytes:
        """The body of the answer of exchange `number` (from 0). Raises RecordingError when its file is gone."""
        name = self._bodies[number]
        if name is None:
            return b""
        try:
            return (self.folder / _BODIES / name).read_bytes()
        except OSError as error:
            raise RecordingError(f"{self.folder}: {error.strerror}: {_BODIES}/{name}") from error

    def _header(self) -> dict[str, Any]:
        try:
            header = json.loads((self.folder / _HEADER).read_bytes())
        except OSError as error:
            raise RecordingError(f"{self.folder} holds no recording: {error.strerror}: {_HEADER}") from error
        except ValueError as error:
            raise RecordingError(f"{self.folder} holds no recording: {_HEADER} is not JSON") from error
        return header if isinstance(header, dict) else {}

    def _lines(self, path: Path) -> Iterator[tuple[Exchange, str | None]]:
        try:
            lines = path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise RecordingError(f"{path} cannot be read: {error.strerror}") from error
        # A last line without its end was cut by the death of the process that wrote it.
        for number, line in enumerate((line for line in lines if line.endswith(b"\n")), start=1):
            try:
                yield _exchange(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise RecordingError(f"{path}, line {number}: no recorded exchange ({error})") from error


def is_recording(folder: Path) -> bool:
    """Whether a recording is in the folder, of whatever format."""
    return (folder / _HEADER).exists()


def _exchange(line: dict[str, Any]) -> tuple[Exchange, str | None]:
    body = line.pop("body", None)
    # A name with a path in it would have a folder from elsewhere read any file of this machine.
    if body is not None and (not isinstance(body, str) or body != Path(body).name):
        raise ValueError("body is not the name of a file")
    if line.get("failure") not in (None, *get_args(Failure)):
        raise ValueError(f"failure is {line['failure']!r}")
    query = tuple((str(name), str(value)) for name, value in line.pop("query", ()))
    return Exchange(**line, query=query), body


def _write_once(path: Path, content: bytes) -> None:
    """Write a file that whoever sees it sees whole; one that is there stays."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.chmod(0o600)
    draft.replace(path)


def _unwritable(folder: Path, error: OSError) -> RecordingError:
    return RecordingError(f"The recording {folder} cannot be written: {error.strerror or error}")
