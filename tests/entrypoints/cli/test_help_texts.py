"""Texts of the help: what is written becomes what Rich shows, and no more is imported for it than is shown."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.text import Text

from emagsync.entrypoints.cli.help_texts import marked_up


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Plain words.", "Plain words."),
        ("Call `emagsync sync`,\nthen `status`.", "Call emagsync sync, then status."),
        ("One [or two] of `[brackets]`, [/] and [1].", "One [or two] of [brackets], [/] and [1]."),
        (r"A path C:\[name] stays.", r"A path C:\[name] stays."),
        ("First.\n\nSecond\nparagraph.", "First.\n\nSecond paragraph."),
    ],
)
def test_what_is_written_is_shown(written: str, shown: str) -> None:
    assert Text.from_markup(marked_up(written) or "").plain == shown


def test_help_imports_nothing_that_it_does_not_show() -> None:
    program = (
        "import sys\nfrom emagsync.entrypoints.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write(' '.join(sorted({'rich.markdown', 'rich.traceback', 'markdown_it'} & sys.modules.keys())))\n"
        "from rich.markdown import Markdown\nfrom rich.traceback import Traceback\n"
        "import typer.rich_utils\n"
        "assert isinstance(typer.rich_utils.Markdown('*x*'), Markdown)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert "Usage" in ran.stdout
