"""What `from emagsync.marketplace import ...` offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import emagsync.marketplace
from emagsync.marketplace import _MODULES


def test_every_name_that_is_offered_is_there() -> None:
    assert sorted(emagsync.marketplace.__all__) == sorted(_MODULES)
    for name in emagsync.marketplace.__all__:
        assert getattr(emagsync.marketplace, name) is not None
        assert name in dir(emagsync.marketplace)


def test_another_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(ImportError, match="EmagClents"):
        from emagsync.marketplace import EmagClents  # type: ignore[attr-defined] # noqa: F401


def test_who_wants_the_platforms_does_not_load_an_http_client() -> None:
    program = "import sys; from emagsync.marketplace.platforms import PLATFORMS; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
