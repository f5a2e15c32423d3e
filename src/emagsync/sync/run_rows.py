"""A run as its row has it, and back: what is JSON there, and the counts of its trouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from emagsync.sync.schemas import Run, RunError, RunParameters, Trouble
from emagsync.sync.tables import sync_runs

KEPT_ERRORS = 50
_REMEMBERED: Final = 256  # rows
_TROUBLE_COLUMNS = tuple(name for name in Trouble.model_fields if name in sync_runs.c)


def errors_text(errors: Sequence[RunError], keep: int = KEPT_ERRORS) -> str:
    """At most `keep` errors as JSON; the run counts the rest."""
    return orjson.dumps([error.model_dump(mode="json") for error in errors[:keep]]).decode()


def codes_text(codes: Mapping[str, int]) -> str:
    """How many errors there were of each code, as JSON."""
    return orjson.dumps(dict(codes)).decode()


def read_row(row: Any) -> Run:
    """The run of a row of `sync_runs`. Ended runs, which are asked for again and again, are read once."""
    return _run(row._fields, tuple(row))


@lru_cache(maxsize=_REMEMBERED)
def _run(names: tuple[str, ...], row: tuple[Any, ...]) -> Run:
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    values["parameters"] = RunParameters.model_validate_json(values["parameters"])
    values["errors"] = tuple(RunError.model_validate(error) for error in orjson.loads(values["errors"]))
    for name in ("inherited", "error_codes"):
        values[name] = None if values[name] is None else orjson.loads(values[name])
    values["trouble"] = Trouble(**{name: values.pop(name) for name in _TROUBLE_COLUMNS})
    return Run.model_validate(values)


def columns_of(run: Run) -> dict[str, Any]:
    """The run's values by the names of its columns."""
    values = run.model_dump(exclude={"trouble"}) | run.trouble.model_dump(include=set(_TROUBLE_COLUMNS))
    values["parameters"] = run.parameters.model_dump_json()
    values["errors"] = errors_text(run.errors)
    values["inherited"] = None if run.inherited is None else orjson.dumps(run.inherited).decode()
    values["error_codes"] = None if run.error_codes is None else codes_text(run.error_codes)
    return values
