"""Reading what is in deploy/: Compose's variables, Docker's ignore file, commands in texts."""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

REPO = Path(__file__).parents[2]
DEPLOY = REPO / "deploy"

_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:[?-])([^}]*))?\})")


def compose() -> dict[str, Any]:
    """The Compose file as it is written."""
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return document


def variables_of(text: str) -> dict[str, str]:
    """The variables that a Compose file reads, with what follows the name: `:?` for one that is needed."""
    return {found[1]: found[2] or "" for found in _VARIABLE.finditer(text) if found[1]}


def interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    """`value` as Compose reads it with these variables. Raises KeyError for one that is needed and not there."""
    if isinstance(value, dict):
        return {key: interpolated(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [interpolated(inner, variables) for inner in value]
    if not isinstance(value, str):
        return value

    def replaced(found: re.Match[str]) -> str:
        name, how, rest = found[1], found[2], found[3]
        if name is None:
            return "$"
        given = variables.get(name, "")
        if given or how is None:
            return given
        if how == ":?":
            raise KeyError(name)
        return rest

    return _VARIABLE.sub(replaced, value)


def example(name: str) -> dict[str, str]:
    """The variables of an example file; those that are commented out have their values too, marked by a `#` before."""
    found: dict[str, str] = {}
    for line in (DEPLOY / name).read_text().splitlines():
        match = re.fullmatch(r"(#?)([A-Z][A-Z0-9_]*)=(.*)", line)
        if match:
            found[match[1] + match[2]] = match[3].strip("'")
    return found


def is_ignored(path: str) -> bool:
    """Whether Docker leaves the file out of what it sends to the builder: the last pattern that matches decides."""
    ignored = False
    for line in (REPO / ".dockerignore").read_text().splitlines():
        pattern = line.strip().rstrip("/")
        if not pattern or pattern.startswith("#"):
            continue
        kept = pattern.startswith("!")
        if _matches(path, pattern.lstrip("!")):
            ignored = not kept
    return ignored


def _matches(path: str, pattern: str) -> bool:
    """A pattern matches a path, or a folder above it. `**` stands for any number of folders."""
    parts = path.split("/")
    ways = [pattern, pattern.removeprefix("**/")] if pattern.startswith("**/") else [pattern]
    starts = range(len(parts)) if pattern.startswith("**/") else range(1)
    return any(
        fnmatch.fnmatchcase("/".join(parts[start:end]), way) and way.count("/") == end - start - 1
        for way in ways
        for start in starts
        for end in range(start + 1, len(parts) + 1)
    )


def commands_in(text: str) -> list[list[str]]:
    """Every `emagsync ...` that a text tells to run, as arguments."""
    spans = [*re.findall(r"`([^`\n]+)`", text), *_code_lines(text)]
    found = []
    for span in spans:
        match = re.search(r"(?:^|/bin/|exec api )emagsync((?: +[^\s|;>]+)+)", span.split("#")[0])
        if match:
            found.append(shlex.split(match[1]))
    return [arguments for arguments in found if arguments[0][0].isalpha() or arguments[0].startswith("--")]


def _code_lines(text: str) -> list[str]:
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def anchors(page: Path) -> set[str]:
    """What a page's headings are linked by."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
