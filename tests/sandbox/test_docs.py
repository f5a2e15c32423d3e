"""The page about the sandbox: its examples work as they stand there, and it names every switch."""

import re
import shlex
from pathlib import Path
from typing import get_args

import orjson

from emagsync.sandbox.faults import Fault, FaultKind
from emagsync.sandbox.save_rules import SaveRule
from emagsync.sandbox.settings import Settings
from emagsync.sandbox.shapes import Nothing, Shape, ShapeKind

PAGE = Path(__file__).parents[2].joinpath("docs/sandbox.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\$ (curl .*/_control/\S+.*)$", PAGE, re.MULTILINE)


async def test_every_example_of_the_control_api_works_as_it_is_written(sandbox):
    emag = await sandbox(20)
    assert len(EXAMPLES) > 20
    for example in EXAMPLES:
        words = shlex.split(example)
        path = next(word for word in words if "/_control" in word).partition("/_control")[2]
        body = orjson.loads(words[words.index("-d") + 1]) if "-d" in words else None
        method = words[words.index("-X") + 1] if "-X" in words else "GET" if body is None else "POST"
        answer = await emag.control(method, path, body)
        assert "error" not in answer, (example, answer)


NAMES = [
    *Settings.__struct_fields__,
    *(name for rule in (Fault, SaveRule, Shape) for name in rule.__struct_encode_fields__),
    *(name for kinds in (FaultKind, ShapeKind, Nothing) for name in get_args(kinds)),
]


def test_every_switch_is_named():
    assert [name for name in NAMES if not re.search(rf"[`\"]{name}[`\"]", PAGE)] == []
