"""The page's types are made from this API: they must be those of the code beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.document import COMMITTED


@pytest.mark.thorough  # `make lint`, which `make test` begins with, compares them too
def test_the_document_that_the_page_was_typed_by_is_that_of_the_code(tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "emagsync.entrypoints.api.schema"], capture_output=True, check=True, cwd=tmp_path
    )
    same = printed.stdout == COMMITTED.read_bytes()
    assert same, "web/src/api/openapi.json is stale: run 'make web-types' and commit what it writes"
    assert list(tmp_path.iterdir()) == []
