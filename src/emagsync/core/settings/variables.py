"""Variables as the environment and a `.env` file have them: which there are, and which of them are text."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from emagsync.core.errors import SettingsError

NOT_TEXT: Final = "holds bytes that are not UTF-8: save the file that it is in as UTF-8"


def read_variables(env_file: Path | None = Path(".env"), environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The `.env` file's variables, overridden by the environment's.

    Values are taken as they are written: a `$` in a password is a `$`. Bytes that are not UTF-8 are kept, from the file
    as from the environment, as what `is_text` is false for: only the variable that has them cannot be used. Raises
    SettingsError when the file cannot be read.
    """
    return file_variables(env_file) | dict(os.environ if environ is None else environ)


def file_variables(env_file: Path | None) -> dict[str, str]:
    """Those of the `.env` file alone; none where there is no such file. Raises SettingsError when it cannot be read."""
    if env_file is None or not env_file.is_file():
        return {}
    try:
        content = env_file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{env_file} cannot be read: {error}") from error
    if b"\0" in content:
        raise SettingsError(f"{env_file} cannot be read: it is no text in UTF-8 (perhaps UTF-16); save it as UTF-8.")
    # Editors of Windows begin a file with a mark.
    text = io.StringIO(content.decode("utf-8-sig", "surrogateescape"))
    return {name: value for name, value in dotenv_values(stream=text, interpolate=False).items() if value is not None}


def is_text(value: str) -> bool:
    """Whether a variable's value was UTF-8; what was not, Python keeps as halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
