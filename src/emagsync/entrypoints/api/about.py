"""`GET /api/v1/about`: versions and licences, for the page and for support."""

from __future__ import annotations

import platform
import re
from functools import cache
from importlib import metadata

from fastapi import APIRouter
from pydantic import BaseModel, Field

from emagsync import __version__
from emagsync.db.migrations import HEAD
from emagsync.rest.auth import Viewer
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1", tags=["about"])

_OURS = "emagsync"
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra == ['\"]([^'\"]+)['\"]")
_MAX_LENGTH = 80  # some packages put the licence's text where its name belongs

_Requirement = tuple[str, frozenset[str]]  # a package's name and the extras that are asked of it


class Package(BaseModel):
    """A package that emagsync runs on."""

    name: str
    version: str
    licence: str = Field(description="As the package names it; empty where it does not.")


class About(BaseModel):
    """Versions and licences."""

    version: str
    licence: str
    python: str
    database: str = Field(description="`sqlite` or `postgresql`.")
    db_schema: str = Field(description="The newest step of the database's schema.")
    packages: list[Package]


@router.get("/about")
async def get_about(state: State, _: Viewer) -> About:
    """Which versions run here, and under which licences."""
    return About(
        version=__version__,
        licence=_licence(_OURS),
        python=platform.python_version(),
        database="sqlite" if state.database.is_sqlite else "postgresql",
        db_schema=HEAD,
        packages=list(packages()),
    )


@cache
def packages() -> tuple[Package, ...]:
    """The installed packages that emagsync depends on, directly or not, by name."""
    found: dict[str, Package] = {}
    waiting = _requirements_of(_OURS)
    seen: set[_Requirement] = set()
    while waiting:
        requirement = waiting.pop()
        if requirement in seen:
            continue
        seen.add(requirement)
        key, extras = requirement
        try:
            distribution = metadata.distribution(key)
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python
        found[key] = Package(name=distribution.name, version=distribution.version, licence=_licence(key))
        waiting += _requirements_of(key, extras)
    return tuple(found[key] for key in sorted(found))


def _requirements_of(name: str, extras: frozenset[str] = frozenset()) -> list[_Requirement]:
    requirements: list[_Requirement] = []
    for text in metadata.requires(name) or []:
        match = _REQUIREMENT.match(text)
        only_for = _EXTRA.search(text)
        if match and (only_for is None or only_for[1] in extras):
            wanted = frozenset(part.strip() for part in (match[2] or "").split(",") if part)
            requirements.append((_key(match[1]), wanted))
    return requirements


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(name: str) -> str:
    fields = metadata.metadata(name)
    for field in ("License-Expression", "License"):
        text = "".join(fields.get_all(field) or []).strip().splitlines()
        if text and len(text[0]) <= _MAX_LENGTH:
            return text[0]
    classifiers = [text for text in fields.get_all("Classifier") or [] if text.startswith("License ::")]
    return ", ".join(text.rpartition("::")[2].strip() for text in classifiers)
