"""Files that were made to do harm: they are refused in words, within the memory and the time that a file may cost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from emagsync.edits.bulk import file_process
from emagsync.edits.bulk.file_limits import MOST_ANSWER_BYTES, MOST_FILE_BYTES, MOST_SECONDS
from emagsync.edits.bulk.file_process import FileReader, command
from emagsync.edits.bulk.file_reading import FileOptions
from emagsync.edits.errors import FilesBusy, FileUnreadable
from support.workbooks import raw_workbook, rows_of, text_cells, zipped

OPTIONS = FileOptions(default_account="main")
MOST_RESIDENT_BYTES = 200 * 1024 * 1024
HEAD = f"<row>{text_cells('emag_id', 'stock')}</row>"
GOOD = b"emag_id,stock\n1,2\n"

# Runs a program on its own standard input, and says what it answered, and the memory and CPU time that it took. A
# process of its own, because the memory of whoever starts a program counts as the program's.
_MEASURE = """
import json, os, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout[:2000].decode(), used.ru_maxrss * 1024, used.ru_utime + used.ru_stime]))
"""


class Cost(NamedTuple):
    """How the process ended, the beginning of its answer, its largest resident memory and its CPU time."""

    code: int
    answer: str
    resident_bytes: int
    cpu_seconds: float


def cost_of(content: bytes) -> Cost:
    program = [sys.executable, "-c", _MEASURE, *command(OPTIONS)]
    done = subprocess.run(program, input=content, stdout=subprocess.PIPE, check=True)
    return Cost(*json.loads(done.stdout))


def sheet(body: str) -> bytes:
    return raw_workbook({"A": f"<sheetData>{HEAD}{body}</sheetData>"})


def with_strings(strings: str) -> bytes:
    return raw_workbook({"A": rows_of(text_cells("emag_id", "stock"), "<c><v>1</v></c>")}, strings=strings)


def nested(times: int) -> str:
    return "<a>" * times + "</a>" * times


BOMBS: dict[str, Callable[[], bytes]] = {
    "row number": lambda: sheet('<row r="4000000000"><c><v>1</v></c></row>'),
    "empty rows": lambda: sheet("<row/>" * 2_000_000),
    "shared strings": lambda: with_strings("<si><t/></si>" * 400_000),
    "cells of a row": lambda: sheet(f"<row>{'<c><v>1</v></c>' * 200_000}</row>"),
    "empty cells of a row": lambda: sheet(f"<row>{'<c/>' * 200_000}</row>"),
    "one long text": lambda: with_strings(f"<si><t>{'ș' * 20_000_000}</t></si>"),
    "a long text in every row": lambda: raw_workbook(
        {"A": rows_of(text_cells("SKU", "stock"), *['<c t="s"><v>0</v></c><c><v>1</v></c>'] * 9_000)},
        strings=f"<si><t>{'x' * 30_000}</t></si>",
    ),
    "attributes": lambda: sheet("<row " + " ".join([f'a{n}="1"' for n in range(300_000)]) + "/>"),
    "nesting": lambda: sheet(nested(100_000)),
    "names": lambda: sheet("".join(f"<a{n}/>" for n in range(400_000))),
    "columns": lambda: raw_workbook({"A": '<col min="1" max="1" hidden="1"/>' * 100_000}),
    "sheets": lambda: raw_workbook({f"S{n}": "<sheetData/>" for n in range(200)}),
    "many rows in many sheets": lambda: raw_workbook({f"S{n}": "<row/>" * 300_000 for n in range(12)}),
    "formats": lambda: raw_workbook({"A": f"<sheetData>{HEAD}</sheetData>"}, formats=["0" * 250] * 70_000),
    "parts": lambda: zipped({f"{n}{'x' * 220}.xml": b"" for n in range(5_000)}),
    "separators": lambda: b"emag_id,stock\n" + b"," * (MOST_FILE_BYTES - 100),
    "quotes": lambda: b"emag_id,stock\n" + b'"' * (MOST_FILE_BYTES - 101),
    "lines": lambda: b"emag_id,stock\n" + b"\n" * (MOST_FILE_BYTES - 100),
    "wide letters": lambda: b"emag_id,stock\n1," + "😀".encode() * (MOST_FILE_BYTES // 4 - 100),
}


# Why each is refused; those that are not here are read, and no row of them is one.
REASONS = {
    "row number": "bad_position",
    "empty rows": "bad_position",
    "shared strings": "too_many_strings",
    "cells of a row": "too_many_columns",
    "empty cells of a row": "bad_position",
    "attributes": "too_many_elements",
    "nesting": "too_many_elements",
    "names": "no_rows",
    "columns": "damaged",
    "sheets": "too_many_sheets",
    "many rows in many sheets": "too_many_elements",
    "formats": "too_many_elements",
    "parts": "too_many_parts",
    "separators": "too_demanding",
    "quotes": "too_demanding",
    "lines": "too_many_rows",
}


@pytest.mark.often(first=5)
@pytest.mark.parametrize("name", BOMBS)
def test_a_file_made_to_do_harm_costs_little_and_is_answered_in_words(name: str) -> None:
    cost = cost_of(BOMBS[name]())
    assert cost.resident_bytes < MOST_RESIDENT_BYTES
    assert cost.cpu_seconds < MOST_SECONDS
    assert cost.code == 0, cost
    reason = REASONS.get(name)
    assert cost.answer.startswith(
        '{"reading":{' if reason is None else f'{{"reading":null,"refusal":{{"reason":"{reason}"'
    )


@pytest.mark.thorough
def test_a_table_of_ten_thousand_rows_is_read() -> None:
    rows = "".join(f"<row><c><v>{n}</v></c>{'<c><v>1.5</v></c>' * 12}</row>" for n in range(1, 10_001))
    names = ("emag_id", "sku", "account", "currency", "version", "stock", "status", "vat_id")
    more = ("handling_time", "sale_price", "min_sale_price", "max_sale_price", "recommended_price")
    cost = cost_of(raw_workbook({"A": f"<sheetData><row>{text_cells(*names, *more)}</row>{rows}</sheetData>"}))
    assert cost.answer.startswith('{"reading":{"requests":[{')
    assert cost.resident_bytes < MOST_RESIDENT_BYTES


async def test_the_process_is_ended_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    _instead_of_the_reader(monkeypatch, started, "import time; time.sleep(600)")
    monkeypatch.setattr(file_process, "MOST_SECONDS", 0.2)
    with pytest.raises(FileUnreadable) as caught:
        await FileReader().read(GOOD, OPTIONS)
    assert caught.value.reason == "too_demanding"
    assert [one.returncode for one in started] == [-9]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import os; os.abort()", id="crashes"),
        pytest.param("print('what?')", id="answers-nonsense"),
        pytest.param("print('{}')", id="answers-nothing"),
        pytest.param(f"import sys; sys.stdout.write('x' * {MOST_ANSWER_BYTES + 1})", id="answers-without-end"),
        pytest.param("import sys; sys.exit(3)", id="fails"),
    ],
)
async def test_a_process_that_does_not_answer_refuses_the_file(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    _instead_of_the_reader(monkeypatch, [], program)
    with pytest.raises(FileUnreadable) as caught:
        await FileReader().read(GOOD, OPTIONS)
    assert caught.value.reason == "too_demanding"


async def test_a_stopping_server_gives_up_what_is_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    running = _instead_of_the_reader(monkeypatch, started, "import time; time.sleep(600)")
    stopping = asyncio.Event()
    reading = asyncio.create_task(FileReader(stopping).read(GOOD, OPTIONS))
    await running.wait()
    stopping.set()
    with pytest.raises(FilesBusy):
        await reading
    assert [one.returncode for one in started] == [-9]


async def test_files_wait_for_their_turn_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    running = _instead_of_the_reader(monkeypatch, started, "import time; time.sleep(600)", at_least=2)
    monkeypatch.setattr(file_process, "MOST_SECONDS_IN_LINE", 0.05)
    reader = FileReader()
    first = [asyncio.create_task(reader.read(GOOD, OPTIONS)) for _ in range(2)]
    await running.wait()
    with pytest.raises(FilesBusy):
        await reader.read(GOOD, OPTIONS)
    for task in first:
        task.cancel()
    await asyncio.gather(*first, return_exceptions=True)
    assert [one.returncode for one in started] == [-9, -9]
    monkeypatch.undo()
    assert len((await reader.read(GOOD, OPTIONS)).requests) == 1


async def test_files_are_read_while_every_thread_of_logins_and_exports_is_taken() -> None:
    release = threading.Event()
    executor = ThreadPoolExecutor(max_workers=1)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(executor)
    busy = loop.run_in_executor(None, release.wait)
    try:
        assert len((await FileReader().read(GOOD, OPTIONS)).requests) == 1
    finally:
        release.set()
        await busy


@pytest.mark.thorough
def test_the_server_starts_without_what_reads_files() -> None:
    script = (
        "import sys, emagsync.entrypoints.api.services, emagsync.entrypoints.cli.commands.edits; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    only_there = {f"emagsync.edits.bulk.{name}" for name in ("file_import", "file_child", "workbook", "csv_table")}
    assert not {*only_there, "openpyxl"} & set(done.stdout.split())


def _instead_of_the_reader(
    monkeypatch: pytest.MonkeyPatch, started: list[Any], program: str, *, at_least: int = 1
) -> asyncio.Event:
    """Let another program run; the event is set when `at_least` of them do. `started` gets the processes."""
    running = asyncio.Event()
    original = asyncio.create_subprocess_exec

    async def start(*_: str, **options: Any) -> Any:
        process = await original(sys.executable, "-c", program, **options)
        started.append(process)
        if len(started) >= at_least:
            running.set()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    return running
