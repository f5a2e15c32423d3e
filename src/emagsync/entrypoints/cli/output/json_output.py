"""JSON as the command line writes it."""

from __future__ import annotations

from typing import Any

import orjson
import typer
from pydantic import BaseModel

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def print_json(value: Any) -> None:
    """Print one JSON document to standard output. Models go in as they are."""
    typer.echo(orjson.dumps(value, default=_plain, option=_OPTIONS), nl=False)


def print_done(document: dict[str, Any], line: str, *, as_json: bool) -> None:
    """Print what a command did: the line, or the document with `--json`."""
    if as_json:
        print_json(document)
    else:
        typer.echo(line)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} in JSON")
