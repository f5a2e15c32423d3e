"""Kinds of values that several groups of settings have, and what every variable's name begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

PREFIX: Final = "EMAGSYNC_"

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _split_list(value: object) -> object:
    """The values of a list as a variable has it: `a, b`."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_list)]
ListedSecrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_list)]


def expanded(path: Path) -> Path:
    """The path, with `~` as the user's home folder. Raises ValueError where there is none."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("it begins with ~, but this user has no home folder: give the whole path") from error
