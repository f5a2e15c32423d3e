"""The OpenAPI document of this code, without the seconds that making it takes.

It is the committed one that the page's types are made from; `test_page_types.py` and `make lint` hold it to the code.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Final

COMMITTED: Final = Path(__file__).parents[2] / "web" / "src" / "api" / "openapi.json"


@functools.cache
def openapi_document() -> dict[str, Any]:
    """What `/openapi.json` answers. Everybody gets the same object: read it, and change a copy of it."""
    document: dict[str, Any] = json.loads(COMMITTED.read_bytes())
    return document
