"""A recording of what a program gets that runs already: only while somebody asks for it, and only of that account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from emagsync.core.clock import SystemClock
from emagsync.core.recording import Recording, RecordingError, is_recording
from emagsync.marketplace import EmagClient
from emagsync.marketplace.recording.attached import AttachedRecorder, RecordingRequest
from emagsync.marketplace.recording.scrub import Credentials
from marketplace.conftest import PASSWORD, Shop


class Hours(SystemClock):
    """An hour passes at every look."""

    def __init__(self) -> None:
        self._hours = 0

    def monotonic(self) -> float:
        self._hours += 1
        return self._hours * 3600.0


class Program:
    """A program with a client, whose exchanges are recorded when somebody asks for it."""

    def __init__(self, client: EmagClient, folder: Path, problems: list[RecordingError]) -> None:
        self.client = client
        self.folder = folder
        self.problems = problems

    async def calls(self, times: int = 1) -> None:
        for _ in range(times):
            await self.client.count_offers()


@pytest.fixture
async def program(shop: Shop, tmp_path: Path) -> AsyncIterator[Program]:
    problems: list[RecordingError] = []
    folder = tmp_path / "data" / "recording"
    credentials = [Credentials("main", PASSWORD)]
    with closing(AttachedRecorder(folder, credentials, clock=Hours(), on_problem=problems.append)) as attached:
        yield Program(await shop.client(on_exchange=attached.observe), folder, problems)


def routes(folder: Path) -> list[str]:
    return [exchange.route for exchange in Recording(folder).exchanges]


async def test_what_comes_is_recorded_from_the_request_for_it_to_its_end(program: Program, tmp_path: Path) -> None:
    await program.calls()
    with RecordingRequest(program.folder, "main", tmp_path / "day"):
        await program.calls(2)
    await program.calls()
    assert routes(tmp_path / "day") == ["product_offer/count"] * 2
    with RecordingRequest(program.folder, "main", tmp_path / "another day"):
        await program.calls()
    assert (len(routes(tmp_path / "day")), len(routes(tmp_path / "another day"))) == (2, 1)
    assert not any(PASSWORD in path.read_text() for path in (tmp_path / "day").rglob("*.json*"))
    assert not program.problems


async def test_another_account_is_not_recorded(program: Program, tmp_path: Path) -> None:
    with RecordingRequest(program.folder, "fbe", tmp_path / "day"):
        await program.calls()
    assert not is_recording(tmp_path / "day")


async def test_a_request_whose_maker_was_killed_is_none(program: Program, tmp_path: Path) -> None:
    left = program.folder / "main.json"
    with RecordingRequest(program.folder, "main", tmp_path / "day"):
        content = left.read_text()
    left.write_text(content)
    await program.calls()
    assert not is_recording(tmp_path / "day")
    with RecordingRequest(program.folder, "main", tmp_path / "day"):
        await program.calls()
    assert routes(tmp_path / "day") == ["product_offer/count"]


def test_an_account_is_recorded_by_one_at_a_time(tmp_path: Path) -> None:
    with (
        RecordingRequest(tmp_path, "main", tmp_path / "one"),
        RecordingRequest(tmp_path, "fbe", tmp_path / "two"),
        pytest.raises(RecordingError, match="main is being recorded already"),
        RecordingRequest(tmp_path, "main", tmp_path / "three"),
    ):
        pass


async def test_a_folder_that_cannot_be_written_fails_no_call_and_is_said_once(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with RecordingRequest(program.folder, "main", tmp_path / "file"):
        await program.calls(3)
    assert ["cannot be written" in str(problem) for problem in program.problems] == [True]
