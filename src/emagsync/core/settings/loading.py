"""Reading the settings, with one line about each variable that makes no sense."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pydantic_settings
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from emagsync.core.errors import SettingsError
from emagsync.core.settings.names import likely_name, setting_names
from emagsync.core.settings.settings import Settings
from emagsync.core.settings.values import PREFIX
from emagsync.core.settings.variables import NOT_TEXT, file_variables, is_text


def load_settings(env_file: Path | None = Path(".env"), *, data_dir: Path | None = None) -> Settings:
    """`EMAGSYNC_*` of the environment and `.env`; `data_dir` wins over both.

    Raises SettingsError with one line that names each odd variable.
    """
    given = {} if data_dir is None else {"data_dir": data_dir}
    try:
        # Not by its own reader of such files, which gives up at the first byte that is not UTF-8.
        source = EnvSettingsSource(Settings)
        variables = _that_are_set(file_variables(env_file)) | _that_are_set(os.environ)
        _check_texts(variables)
        source.env_vars = variables
        return Settings(_env_file=None, **source() | given)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(detail) for detail in error.errors(include_url=False))) from None
    except (pydantic_settings.SettingsError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings cannot be read: {error}") from None


def _that_are_set(variables: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in variables.items() if value}


def _check_texts(variables: Mapping[str, str]) -> None:
    # Names of files are bytes, and may be any.
    texts = (name for name in setting_names() if not name.endswith(("_DIR", "_BUNDLE")))
    odd = [f"{name} {NOT_TEXT}" for name in texts if not is_text(variables.get(name.lower(), ""))]
    if odd:
        raise SettingsError("; ".join(odd))


def _explain(detail: ErrorDetails) -> str:
    variable = PREFIX + "__".join(str(part) for part in detail["loc"]).upper()
    if detail["type"] == "extra_forbidden":
        meant = likely_name(variable, setting_names())
        return f"{variable} is not a setting{f'; did you mean {meant}?' if meant else ''}"
    return f"{variable}: {detail['msg'].removeprefix('Value error, ')}"
