"""The POST operations that do not heed `Idempotency-Key`, and why: all others do (`rest.idempotency`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# By operation id. Whoever adds one says why.
KEYLESS: Final[Mapping[str, str]] = {
    "login": "nobody has logged in yet, and each login is one of its own",
    "begin_session": "the same, for a browser",
    "make_first_admin": "nobody can log in yet; the code that it takes is good once",
    "logout": "it ends what the caller is known by; once more does nothing",
    "read_offers": "reads",
    "export_chosen_offers": "reads",
    "get_failed_bulk_edit_rows": "reads the file that comes with it",
    "look_at_source_address": "shows the first rows of a file, and keeps nothing",
    "look_at_source_file": "the same",
    "note_visit": "notes who looked when; once more says the same",
}
