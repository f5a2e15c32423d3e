"""Which processes live: a lock that the kernel drops."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emagsync.core.clock import SystemClock
from emagsync.core.errors import ConfigurationError
from emagsync.sync.process_lock import Workers

PROGRAM = """
import sys
from pathlib import Path
from emagsync.sync.process_lock import Workers
with Workers(Path(sys.argv[1])) as workers:
    print(workers.name, flush=True)
    sys.stdin.read()
"""


async def other_process(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    return process, (await process.stdout.readline()).decode().strip()


async def test_a_process_is_alive_until_it_is_killed(tmp_path: Path) -> None:
    with Workers(tmp_path) as workers:
        process, name = await other_process(tmp_path)
        assert workers.is_alive(name) is True
        process.kill()
        await process.communicate()
        assert workers.is_alive(name) is False


async def test_a_process_that_ended_in_order_is_known_to_be_gone_or_not_known(tmp_path: Path) -> None:
    with Workers(tmp_path) as workers:
        process, name = await other_process(tmp_path)
        await process.communicate(b"")
        assert not workers.is_alive(name)


def test_this_process_is_alive(tmp_path: Path) -> None:
    with Workers(tmp_path) as workers, Workers(tmp_path) as beside:
        assert workers.is_alive(workers.name) is True
        assert workers.is_alive(beside.name) is True


@pytest.mark.parametrize(
    "name", [None, "", "host:1:", "host:1:" + "0" * 32, "another:12:0123456789abcdef", "host:1:../../etc/passwd"]
)
def test_nothing_is_known_of_a_process_of_another_machine(tmp_path: Path, name: str | None) -> None:
    with Workers(tmp_path) as workers:
        assert workers.is_alive(name) is None


def test_the_name_says_which_machine_and_process(tmp_path: Path) -> None:
    name = Workers(tmp_path).name
    assert f":{os.getpid()}:" in name
    assert len(name) <= 255


def test_a_folder_that_cannot_be_written_is_a_problem_of_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="EMAGSYNC_DATA_DIR"), Workers(Path("/dev/null/x")):
        pass


class NextWeek(SystemClock):
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=8)


async def test_the_files_of_the_long_dead_are_swept_and_those_of_the_living_kept(tmp_path: Path) -> None:
    process, _ = await other_process(tmp_path)
    process.kill()
    await process.communicate()
    with Workers(tmp_path) as living:
        assert len(list((tmp_path / "workers").iterdir())) == 2
        with Workers(tmp_path, NextWeek()):
            assert len(list((tmp_path / "workers").iterdir())) == 2
            assert living.is_alive(living.name) is True
