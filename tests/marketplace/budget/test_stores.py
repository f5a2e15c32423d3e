"""A budget that the processes of one machine share through small files."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emagsync.marketplace import Budget, RouteGroup, budget_key
from emagsync.marketplace.budget.slots import EMAG_LIMITS
from emagsync.marketplace.budget.stores import FileStore
from emagsync.marketplace.errors import BudgetStoreError
from marketplace.budget import taker
from marketplace.budget.manual_clock import ManualClock, quiet
from marketplace.budget.taker import GENERAL, KEY, take_all
from support.patience import PATIENCE_SECONDS
from support.processes import start
from support.program import environment


async def test_two_budgets_on_one_directory_share_the_slots(tmp_path: Path) -> None:
    clock = ManualClock()
    first, second = (Budget.on_disk(tmp_path / "budget", KEY, clock=clock) for _ in range(2))
    assert await take_all(first) == 3
    assert await take_all(second) == 0
    await clock.advance(1.06)
    assert await take_all(second) == 3
    assert (await first.stats()).requests == 6


async def test_other_accounts_and_groups_have_their_own(tmp_path: Path) -> None:
    clock = ManualClock()
    mine, other = (Budget.on_disk(tmp_path, key, clock=clock) for key in ("a", "b"))
    assert (await take_all(mine), await take_all(other)) == (3, 3)
    assert not isinstance(await mine.take(RouteGroup.ORDERS), float)


async def test_a_pause_reaches_the_other_process(tmp_path: Path) -> None:
    clock = ManualClock()
    first, second = (Budget.on_disk(tmp_path, KEY, clock=clock) for _ in range(2))
    waiting = asyncio.create_task(second.acquire(GENERAL))
    await first.pause(GENERAL, 9.0)
    await quiet()
    waiting.cancel()
    assert await take_all(second) == 0
    assert await second.take(GENERAL) == pytest.approx(9.0)


async def test_a_restarted_process_finds_the_slots_as_they_were(tmp_path: Path) -> None:
    clock = ManualClock()
    assert await take_all(Budget.on_disk(tmp_path, KEY, clock=clock)) == 3
    await clock.advance(1.0)
    assert await take_all(Budget.on_disk(tmp_path, KEY, clock=clock)) == 0
    await clock.advance(0.06)
    assert await take_all(Budget.on_disk(tmp_path, KEY, clock=clock)) == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\0", id="short"),
        pytest.param(b"nonsense" * 100, id="nonsense"),
        pytest.param(b"emagsync budget 1\n\0\0\0\0", id="only a head"),
        pytest.param(None, id="one flipped bit"),
    ],
)
async def test_a_damaged_file_counts_as_used_up_and_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    clock = ManualClock()
    budget = Budget.on_disk(tmp_path, KEY, clock=clock)
    await take_all(budget)
    await clock.advance(10.0)
    [file] = tmp_path.glob("*.general")
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(bytes(whole) if content is None else content)
    assert await take_all(budget) == 0
    await clock.advance(1.06)
    assert await take_all(budget) == 3


async def test_after_a_reboot_the_old_times_mean_nothing(tmp_path: Path) -> None:
    await take_all(Budget.on_disk(tmp_path, KEY, clock=ManualClock(start=50_000.0)))
    clock = ManualClock(start=20.0)
    budget = Budget.on_disk(tmp_path, KEY, clock=clock)
    assert await take_all(budget) == 0
    await clock.advance(1.06)
    assert await take_all(budget) == 3


async def test_another_boot_is_noticed_even_where_the_times_could_be(tmp_path: Path) -> None:
    clock = ManualClock()
    before = FileStore(tmp_path, KEY, EMAG_LIMITS, clock)
    before._boot = b"another boot".ljust(len(before._boot))
    old = Budget(before, clock=clock)
    await take_all(old)
    await old.pause(GENERAL, 100.0)
    await clock.advance(50.0)
    budget = Budget.on_disk(tmp_path, KEY, clock=clock)
    assert await take_all(budget) == 0
    await clock.advance(1.06)
    assert await take_all(budget) == 3


async def test_a_directory_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    with pytest.raises(BudgetStoreError, match=r"cannot be kept in .*file.*EMAGSYNC_DATA_DIR"):
        Budget.on_disk(occupied / "budget", KEY)
    (tmp_path / f"{KEY}.general").mkdir()
    budget = Budget.on_disk(tmp_path, KEY)
    callers = [asyncio.create_task(budget.acquire(GENERAL)) for _ in range(3)]
    for outcome in await asyncio.gather(*callers, return_exceptions=True):
        assert isinstance(outcome, BudgetStoreError)
    with pytest.raises(BudgetStoreError):
        await budget.acquire(GENERAL)


async def test_a_process_killed_while_it_holds_the_lock_leaves_none(tmp_path: Path) -> None:
    budget = Budget.on_disk(tmp_path, KEY)
    await budget.stats()
    await take_all(budget)
    script = (
        "import fcntl, os, sys, time\n"
        f"file = os.open({str(tmp_path / f'{KEY}.general')!r}, os.O_RDWR)\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\n"
        "time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    asking = asyncio.create_task(budget.stats())
    ticks = 0
    while ticks < 50:  # the loop goes on while the lock is held
        await asyncio.sleep(0.001)
        ticks += 1
    assert not asking.done()
    os.kill(holder.pid, signal.SIGKILL)
    stats = await asyncio.wait_for(asking, PATIENCE_SECONDS)
    assert stats.requests == 3
    holder.wait()
    holder.stdout.close()


async def test_slots_of_a_process_that_died_before_it_sent_are_not_waited_for(tmp_path: Path) -> None:
    """Killed between the grant and the first byte: whether it was sent is unknown, so it counts as sent just now."""
    script = (
        "import asyncio, os, signal\n"
        "from pathlib import Path\n"
        "from emagsync.marketplace import Budget, RouteGroup\n"
        "async def main():\n"
        f"    budget = Budget.on_disk(Path({str(tmp_path)!r}), {KEY!r})\n"
        "    for _ in range(3): await budget.acquire(RouteGroup.GENERAL)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    budget = Budget.on_disk(tmp_path, KEY)
    wait = await budget.take(GENERAL)
    assert isinstance(wait, float)
    assert wait == pytest.approx(1.05, abs=0.01)
    grant = await asyncio.wait_for(budget.acquire(GENERAL), PATIENCE_SECONDS)
    grant.sent()
    await budget.aclose()


def test_processes_that_ask_in_the_same_moment_never_get_more_than_there_is(tmp_path: Path) -> None:
    """The clock stands still for all of them, so exactly three requests may start, whoever gets them."""
    options: dict[str, Any] = {"env": environment(tmp_path), "stdout": subprocess.PIPE, "text": True}
    with (tmp_path / "gate").open("w") as gate, contextlib.ExitStack() as ending:
        fcntl.flock(gate, fcntl.LOCK_EX)
        arguments = (str(tmp_path / "budget"), gate.name)
        takers = [ending.enter_context(start(*arguments, script=Path(taker.__file__), **options)) for _ in range(4)]
        assert [one.stdout.readline() for one in takers] == ["ready\n"] * 4
        fcntl.flock(gate, fcntl.LOCK_UN)
        assert sum(int(one.communicate(timeout=PATIENCE_SECONDS)[0]) for one in takers) == 3


def test_the_key_is_a_file_name_that_tells_api_users_apart() -> None:
    ro, bg = "https://marketplace-api.emag.ro/api-3", "https://marketplace-api.emag.bg/api-3"
    keys = {budget_key(url, name) for url in (ro, bg) for name in ("shop@example.ro", "../../etc/passwd", "")}
    assert len(keys) == 6
    assert all("/" not in key and not key.startswith(".") for key in keys)
    assert not any("shop" in key for key in keys)
