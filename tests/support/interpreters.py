"""Programs in interpreters of their own, for what depends on which modules were imported before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def said_by(program: str) -> Any:
    """What the program prints, which is JSON; `json` and `sys` are imported for it."""
    done = subprocess.run([sys.executable, "-c", f"import json, sys\n{program}"], capture_output=True, check=True)
    return json.loads(done.stdout)
