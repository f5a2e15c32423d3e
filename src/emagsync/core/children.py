"""What the processes that this one starts are told: where modules are, and no setting or secret of ours."""

from __future__ import annotations

import os
import sys
from typing import Final

_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PYTHONHOME")


def child_environment(*also: str) -> dict[str, str]:
    """The variables for a child in Python; of ours only what an interpreter needs, and those named in `also`."""
    kept = {name: os.environ[name] for name in (*_VARIABLES, *also) if name in os.environ}
    # Where this process finds its modules, that one does.
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
