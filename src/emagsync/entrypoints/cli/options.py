"""Options that commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from emagsync.core.errors import SettingsError

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AtMost = Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")]


@dataclass(frozen=True)
class GlobalOptions:
    """The options before the command's name; None where one was not given.

    Raises SettingsError for an `--env-file` that is missing.
    """

    data_dir: Path | None = None
    env_file: Path | None = None

    def __post_init__(self) -> None:
        if self.env_file is not None and not self.env_file.is_file():
            raise SettingsError(f"--env-file {self.env_file} does not exist.")


def lower_case(name: str | None) -> str | None:
    """An option's callback: accounts are named in any case."""
    return name.lower() if name else name
