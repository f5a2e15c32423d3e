"""A command that is shown can be typed as it is, however the program was started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from emagsync.entrypoints.cli.commands.demo import _where
from emagsync.entrypoints.cli.program import program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an environment in it, which is the current one."""
    path = tmp_path / "my shop" / ".venv" / "bin" / "emagsync"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.chdir(tmp_path / "my shop")
    monkeypatch.setattr(sys, "argv", [str(path), "demo"])
    return path


def test_it_is_named_alone_where_the_shell_finds_it(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    assert program() == "emagsync"


@pytest.mark.parametrize("search", ["", "/nowhere"])
def test_elsewhere_the_way_to_it_is_shown(installed: Path, monkeypatch: pytest.MonkeyPatch, search: str) -> None:
    monkeypatch.setenv("PATH", search)
    assert program() == ".venv/bin/emagsync"
    monkeypatch.setattr(sys, "argv", [".venv/bin/emagsync", "demo"])
    assert program() == ".venv/bin/emagsync"
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "argv", [str(installed), "demo"])
    assert program() == f"'{installed.relative_to('/')}'"


def test_another_one_of_the_name_is_not_meant(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "emagsync"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == ".venv/bin/emagsync"


def test_a_module_is_started_as_one(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/lib/emagsync/__main__.py"])
    monkeypatch.setattr(sys, "executable", str(installed.parent / "python"))
    assert program() == ".venv/bin/python -m emagsync"


def test_the_demo_says_where_the_page_is_or_that_it_was_left_out() -> None:
    assert "The page is at http://127.0.0.1:8000" in _where(8000, has_page=True)
    without = _where(8000, has_page=False)
    assert "The page is at" not in without
    assert "Node 20.19" in without
    assert "http://127.0.0.1:8000/docs" in without
