"""The names of all variables that are ours, and those that were probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from pydantic import BaseModel

from emagsync.core.settings.settings import Settings
from emagsync.core.settings.values import PREFIX


def setting_names() -> tuple[str, ...]:
    """Every variable that `Settings` reads, such as `EMAGSYNC_RETRY__ATTEMPTS`."""
    names: list[str] = []
    for name, field in Settings.model_fields.items():
        inner = field.annotation if isinstance(field.annotation, type) else None
        if inner is not None and issubclass(inner, BaseModel):
            names.extend(f"{PREFIX}{name}__{part}".upper() for part in inner.model_fields)
        else:
            names.append(f"{PREFIX}{name}".upper())
    return tuple(names)


def misspelt(variables: Iterable[str]) -> dict[str, str]:
    """The variables that look like one of ours written wrong, with the one that was probably meant.

    Those of a group, such as `EMAGSYNC_RETRY__ATEMPTS`, are refused by `load_settings` already.
    """
    known = setting_names()
    ours = [name for name in variables if name.upper().startswith(PREFIX) and "__" not in name]
    guesses = {name: likely_name(name.upper(), known) for name in ours if name.upper() not in known}
    return {name: meant for name, meant in guesses.items() if meant is not None}


def likely_name(name: str, known: Sequence[str]) -> str | None:
    """The known name that is nearly `name`, if one is."""
    close = get_close_matches(name, known, 1, 0.9)
    return close[0] if close else None
