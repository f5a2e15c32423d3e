"""This server's key: `EMAGSYNC_SECRET_KEY`, else a file beside the database that only its owner can read.

It is in no database and no backup of one, so that a copy of the database opens nothing.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from emagsync.core.errors import ConfigurationError
from emagsync.core.settings import Settings

KEY_FILE: Final = "secret.key"


def load_key(settings: Settings) -> bytes:
    """This server's key, generated at the first call. Raises ConfigurationError for an unusable data directory."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / KEY_FILE
    try:
        return path.read_bytes() if path.exists() else _made(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be used ({error.strerror}): set EMAGSYNC_SECRET_KEY.") from error


def load_keys(settings: Settings) -> tuple[bytes, ...]:
    """This server's key, then those that it had before (`EMAGSYNC_OLD_SECRET_KEYS`), which still open what they sealed.

    Raises ConfigurationError.
    """
    return (load_key(settings), *(key.get_secret_value().encode() for key in settings.old_secret_keys))


def _made(path: Path) -> bytes:
    """A new key in a file that is whole from the first moment: of two processes, the first wins."""
    key = secrets.token_hex(32).encode()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_bytes()
        return key
    finally:
        draft.unlink(missing_ok=True)
