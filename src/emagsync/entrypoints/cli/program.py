"""How this program is called where it runs, so that a command that is shown can be typed as it is."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_NAME = "emagsync"


def program() -> str:
    """`emagsync` where that is what the shell would run, else the way to it, such as `.venv/bin/emagsync`."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return f"{shlex.quote(_shown(Path(sys.executable)))} -m {_NAME}"
    found = shutil.which(_NAME)
    if found is not None and Path(found).resolve() == started.resolve():
        return _NAME
    return shlex.quote(_shown(started))


def _shown(path: Path) -> str:
    """From this folder where it is within it. A link stays one: the `python` of an environment is a link out of it."""
    absolute, here = Path.cwd() / path, Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
