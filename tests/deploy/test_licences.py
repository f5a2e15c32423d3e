"""What the program and the page are made of may be used and passed on: every licence is one that was looked at."""

from __future__ import annotations

import json
import re
from importlib import metadata

import pytest

from deploy.documents import REPO

# By SPDX, and as older packages write them. MPL is for files of the package itself, which we do not change.
_GOOD = {
    *(
        "MIT",
        "MIT-0",
        "ISC",
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "PSF-2.0",
        "Python-2.0",
        "MPL-2.0",
        "OFL-1.1",
    ),
    *("MIT License", "BSD License", "3-Clause BSD License", "Apache Software License", "ISC License (ISCL)"),
    # Of asyncssh, which we do not change either; its distribution says no more than "OSI Approved".
    *("EPL-2.0", "EPL-2.0 OR GPL-2.0-or-later"),
    *("Python Software Foundation License", "Mozilla Public License 2.0 (MPL 2.0)"),
}
# Installed on other systems only, and read there: MIT and BSD, as their projects say. pywin32 (PSF, parts under LGPL)
# is for Windows, where this program is not offered.
_ELSEWHERE = {"async-timeout", "colorama", "httpx2-jsfetch", "pywin32", "tzdata"}


def is_good(licence: str) -> bool:
    """Whether a licence, or an expression of them (`A OR B`, `A AND (B OR C)`, `A; B`), is one of those."""
    if licence in _GOOD:
        return True
    alternatives = re.fullmatch(r"(.+?) AND \((.+)\)", licence)
    if alternatives is not None:
        return is_good(alternatives[1]) and is_good(alternatives[2])
    for separator, enough in ((r" AND |; ", all), (" OR ", any)):
        parts = re.split(separator, licence)
        if len(parts) > 1:
            return enough(is_good(part.strip("() ")) for part in parts)
    return False


def licence_of(package: str) -> str:
    """As its distribution says, in the newest way that it knows."""
    told = metadata.metadata(package)
    classifiers = [one.split(" :: ")[-1] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    classifiers = [one for one in classifiers if one != "OSI Approved"]
    return told.get("License-Expression") or "; ".join(classifiers) or (told.get("License") or "none").strip()


def test_every_package_of_the_program_has_a_licence_that_was_looked_at() -> None:
    lists = "".join((REPO / "requirements" / f"{extra}.txt").read_text() for extra in ("tracing", "parquet"))
    pinned = set(re.findall(r"^([\w.\-]+)(?:\[[^\]]*\])?==", lists, re.MULTILINE))
    assert len(pinned) > 40
    found = {package: licence_of(package) for package in pinned if package not in _ELSEWHERE}
    assert {package: licence for package, licence in found.items() if not is_good(licence)} == {}


def test_every_package_of_the_page_has_a_licence_that_was_looked_at() -> None:
    lock = json.loads((REPO / "web" / "package-lock.json").read_text())["packages"]
    shipped = {name: str(told.get("license")) for name, told in lock.items() if name and not told.get("dev")}
    assert len(shipped) > 50
    assert {name: licence for name, licence in shipped.items() if not is_good(licence)} == {}


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        *(("MIT", True), ("GPL-3.0-only", False), ("none", False), ("MIT OR GPL-2.0-only", True)),
        *(("MIT AND GPL-2.0-only", False), ("MPL-2.0 AND (Apache-2.0 OR MIT)", True), ("SSPL-1.0; MIT License", False)),
    ],
)
def test_what_is_looked_for_is_found(licence: str, good: bool) -> None:
    assert is_good(licence) is good
