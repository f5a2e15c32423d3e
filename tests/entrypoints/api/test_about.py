"""What runs here, and under which licences."""

from __future__ import annotations

from emagsync.entrypoints.api.about import packages


def test_every_package_that_emagsync_imports_is_named_with_version_and_licence() -> None:
    found = {package.name.lower(): package for package in packages()}

    assert {"aiohttp", "sqlalchemy", "pydantic", "typer"} <= found.keys()
    assert all(package.version for package in found.values())
    assert [package.name for package in found.values() if not package.licence] == []


def test_what_only_tests_need_is_not_named() -> None:
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & {package.name.lower() for package in packages()}


def test_an_extra_that_is_asked_for_brings_its_packages() -> None:
    assert "greenlet" in {package.name.lower() for package in packages()}  # sqlalchemy[asyncio]
