"""Who can read a file that may hold passwords."""

from __future__ import annotations

import stat
from pathlib import Path


def is_readable_by_others(file: Path) -> bool:
    """Whether users who neither own a file nor belong to its group can read it. No, where there is none."""
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def is_within_reach_of_others(file: Path) -> bool:
    """Whether such users can read a file, and get to it in its folder."""
    try:
        return is_readable_by_others(file) and bool(file.parent.stat().st_mode & stat.S_IXOTH)
    except OSError:
        return False
