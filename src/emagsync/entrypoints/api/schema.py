"""The OpenAPI document without starting anything: `python -m emagsync.entrypoints.api.schema`.

The web page's types are generated from it, and a check compares the committed document with what this prints. A server
has it made by this program too (`document_process`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from emagsync.core.clock import SystemClock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.entrypoints.api.app import create_bare_app
from emagsync.entrypoints.api.document_process import SERVED, served
from emagsync.identity.session_rules import SessionRules
from emagsync.identity.tokens import Credentials
from emagsync.rest.state import AppState


def openapi_document() -> dict[str, Any]:
    """The document that `/openapi.json` answers with. Opens no database and reads no environment."""
    settings = Settings.model_construct(data_dir=Path())
    database, clock = Database("sqlite:///never-opened.sqlite3"), SystemClock()
    authenticator = Credentials(database, clock, SessionRules.of(settings.server))
    state = AppState(settings=settings, database=database, clock=clock, authenticator=authenticator)
    document: dict[str, Any] = create_bare_app(state).openapi()
    return document


def main() -> None:
    """Print the document with sorted keys, so that the same API is the same text; as it is served, if that is asked."""
    document = openapi_document()
    if sys.argv[1:] == [SERVED]:
        text = served(document)
    else:
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    sys.stdout.buffer.write(text)


if __name__ == "__main__":
    main()
