"""`emagsync` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.databases import variables_in

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Cli:
    """Runs `emagsync` in a folder of its own, with exactly these variables."""

    folder: Path
    variables: dict[str, str]

    @property
    def data_dir(self) -> Path:
        return Path(self.variables["EMAGSYNC_DATA_DIR"])

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        return kept | variables_in(self.data_dir) | self.variables | dict(more or {})

    def __call__(self, *arguments: object, **variables: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "emagsync", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
        )
        result = Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
        assert "Traceback" not in result.err, result.err
        return result

    def start(self, *arguments: object, **variables: str) -> subprocess.Popen[str]:
        """The command in the background; its output is piped."""
        return subprocess.Popen(
            [sys.executable, "-m", "emagsync", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
