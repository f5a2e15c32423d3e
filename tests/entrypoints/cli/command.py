"""`emagsync` as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from support import processes
from support.databases import address_in, variables_in
from support.patience import PATIENCE_SECONDS

# Round values of an offer, which no rule objects to.
PLAIN = {
    "sale_price": "100.0000",
    "min_sale_price": "10.0000",
    "max_sale_price": "1000.0000",
    "recommended_price": "500.0000",
    "currency": "RON",
    "stock": [{"warehouse_id": 1, "value": 10}],
    "general_stock": 10,
    "handling_time": [{"warehouse_id": 1, "value": 2}],
}


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

    def with_database(self) -> Cli:
        """Make the database, which the first command would do otherwise."""
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        address_in(self.data_dir)
        return self

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        return kept | variables_in(self.data_dir) | self.variables | dict(more or {})

    def __call__(self, *arguments: object, **variables: str) -> Result:
        return self.run(*arguments, **variables)

    def run(self, *arguments: object, fresh: bool = False, stdin: str | None = None, **variables: str) -> Result:
        """Run it to its end; `fresh` starts an interpreter of its own: see `support.processes`."""
        with (
            self._standard_input(stdin) as given,
            self.start(*arguments, fresh=fresh, text=False, stdin=given, **variables) as process,
        ):
            try:
                out, err = process.communicate(timeout=PATIENCE_SECONDS)
            except BaseException:
                process.kill()
                raise
        result = Result(process.returncode, out.decode("utf-8"), err.decode("utf-8"))
        assert "Traceback" not in result.err, result.err
        return result

    @contextmanager
    def _standard_input(self, text: str | None) -> Iterator[IO[bytes] | int]:
        if text is None:
            yield subprocess.DEVNULL
            return
        with tempfile.TemporaryFile() as file:
            file.write(text.encode())
            file.seek(0)
            yield file

    def start(
        self,
        *arguments: object,
        fresh: bool = False,
        text: bool = True,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        **variables: str,
    ) -> subprocess.Popen[Any]:
        """The command in the background; its output is piped."""
        return processes.start(
            *map(str, arguments),
            cwd=self.folder,
            env=self.environment(variables),
            fresh=fresh,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=text,
            bufsize=1 if text else -1,
        )


class Kept:
    """Data directories on SQLite, as they were after a command that several tests of a module begin with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def after(self, cli: Cli, *command: str) -> None:
        """Have the command done, or what it did for another test."""
        kept = self._folder / " ".join(command)
        if kept.exists():
            shutil.copytree(kept, cli.data_dir, dirs_exist_ok=True)
            return
        done = cli(*command)
        assert done.code == 0, done.err
        shutil.copytree(cli.data_dir, kept)
