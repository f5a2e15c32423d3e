"""What the operators' pages tell people to run, call and set is really there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from deploy.documents import DEPLOY, REPO, anchors, commands_in, example
from emagsync.core.settings import setting_names
from emagsync.entrypoints.cli.app import build
from emagsync.entrypoints.cli.lazy import LazyCommand
from support.document import openapi_document
from support.prometheus import RULES

PAGES = [REPO / "docs" / name for name in ("deploy.md", "operations.md", "runbook.md")]
TEXTS = {path.name: path.read_text() for path in (*PAGES, RULES, DEPLOY / "compose.yml")}
# Templates of Prometheus stand for an account.
TEXTS[RULES.name] = re.sub(r"{{[^}]*}}", "main", TEXTS[RULES.name])
NOT_OURS = {
    "EMAGSYNC_NAMES",
    "EMAGSYNC_REQUIREMENTS",
    "EMAGSYNC_IMAGE_TAG",
    "EMAGSYNC_PORT_ON_HOST",
    "EMAGSYNC_PROMETHEUS_URL",
}


@pytest.mark.parametrize("page", TEXTS)
def test_the_commands_are_there_with_their_options(page: str) -> None:
    for arguments in commands_in(TEXTS[page]):
        command: Any = build()
        rest = list(arguments)
        while rest:
            command = command.load() if isinstance(command, LazyCommand) else command
            word = rest.pop(0)
            if word.startswith("--"):
                option = next((one for one in command.params if word.partition("=")[0] in one.opts), None)
                assert option is not None, f"{page}: {' '.join(arguments)}: there is no {word}"
                if not option.is_flag and "=" not in word:
                    rest.pop(0)
            elif isinstance(command, click.Group) or hasattr(command, "commands"):
                assert word in command.commands or word == "...", f"{page}: there is no command {' '.join(arguments)}"
                if word == "...":
                    break
                command = command.commands[word]


def test_commands_are_found_in_texts() -> None:
    found = commands_in(
        "Run `emagsync check main`.\n```sh\nsudo -u x /opt/emagsync/bin/emagsync --env-file f status # so\n```\n"
    )
    assert found == [["check", "main"], ["--env-file", "f", "status"]]
    assert len([one for page in TEXTS.values() for one in commands_in(page)]) > 25


@pytest.mark.parametrize("page", TEXTS)
def test_the_settings_are_there(page: str) -> None:
    named = set(re.findall(r"\bEMAGSYNC_[A-Z_]*[A-Z]\b", TEXTS[page]))
    assert named - set(setting_names()) - NOT_OURS == set()


def test_the_examples_set_nothing_that_is_no_setting() -> None:
    for name in example("emagsync.env.example"):
        assert re.fullmatch(r"#?EMAG_(MAIN|FBE)_(USERNAME|PASSWORD)", name)


@pytest.mark.often(first=2)
@pytest.mark.parametrize("page", TEXTS)
def test_the_routes_are_there(page: str) -> None:
    routes = {re.sub(r"{\w+}", "*", path): set(methods) for path, methods in openapi_document()["paths"].items()}
    for method, path in re.findall(r"\b(GET|POST|PATCH|PUT|DELETE) (/(?:api|health)[\w/:{}.-]*)", TEXTS[page]):
        known = [methods for route, methods in routes.items() if _fits(path, route)]
        assert known, f"{page}: there is no {path}"
        assert method.lower() in set().union(*known), f"{page}: no {method} {path}"


def _fits(path: str, route: str) -> bool:
    asked, known = path.rstrip(".").split("/"), route.split("/")
    return len(asked) == len(known) and all(have in ("*", want) for want, have in zip(asked, known, strict=True))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), target


def test_every_alert_is_in_the_list_of_the_operators_page() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    listed = TEXTS["operations.md"].partition("## Alerts")[2]
    for rule in rules:
        row = next((line for line in listed.splitlines() if f"`{rule['alert']}`" in line), "")
        assert f"| {rule['labels']['severity']} |" in row, rule["alert"]
