"""`emagsync push`, `outbox`, `holds` and `undo` as real processes."""

from __future__ import annotations

import json
from pathlib import Path

from emagsync.edits.refusals import ADVICE, Advice
from support.program import environment, run
from support.pushing import open_push_desk


async def test_edits_are_pushed_listed_and_undone_from_the_command_line(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100) as desk:
        variables = environment(tmp_path, desk.market.url, EMAG_MAIN_PUSH="on")
        await desk.edit_many([(emag_id, "sale_price", "87.0000") for emag_id in range(1, 22)])
        held = await run("push", "main", variables=variables)
        assert (held.code, held.out) == (3, "main: held: nothing sent\n")
        listed = json.loads((await run("holds", "list", "--json", variables=variables)).out)
        assert listed["holds"][0]["counts"] == {"repriced": 21}
        released = await run("holds", "release", str(listed["holds"][0]["id"]), "--json", variables=variables)
        hold = json.loads(released.out)["hold"]
        assert (released.code, hold["id"], hold["state"]) == (0, 1, "released")
        refused_hold = await run("holds", "refuse", "1", "--json", variables=variables)
        assert (refused_hold.code, refused_hold.out) == (1, "")
        assert json.loads(refused_hold.err)["error"]["code"]
        desk.market.save_rule(ids=[3], messages=["Offer 3 not found"])
        pushed = await run("push", variables=variables)
        refusal = f"eMAG refused it: Offer 3 not found. What to do: {ADVICE[Advice.OFFER_MISSING]}"
        told = f"main: partial: 20 applied, 1 rejected\n  offer 3: rejected: {refusal}\n"
        assert (pushed.code, pushed.out) == (3, told)
        lines = json.loads((await run("outbox", "list", "--json", variables=variables)).out)["lines"]
        [refused] = [line for line in lines if line["state"] == "rejected"]
        assert refused["reason"] == refused["items"][0]["reason"] == refusal
        assert refused["why"] == {
            "code": "refused_by_emag",
            "values": {"message": "Offer 3 not found", "advice": "offer_missing"},
        }
        undone = await run("undo", "--push", lines[0]["push_id"], variables=variables)
        assert "20 values would be put back; --yes does it, 0 are left." in undone.out
        nothing = await run("undo", variables=variables)
        assert (nothing.code, nothing.out) == (2, "")
        assert "--push, --run, or an --account" in nothing.err
        off = await run("push", "main", variables=environment(tmp_path, desk.market.url))
        assert (off.code, "EMAG_MAIN_PUSH" in off.err) == (2, True)


async def test_what_waits_is_told_where_nothing_can_be_sent(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path, 100) as desk:
        variables = environment(tmp_path, desk.market.url, EMAG_MAIN_PUSH="approve")
        nothing = await run("push", "main", variables=variables)
        assert (nothing.code, nothing.out) == (0, "main: nothing to push\n")
        await desk.edit_many([(emag_id, "sale_price", "101.0000") for emag_id in (1, 2)])
        waiting = await run("push", "main", variables=variables)
        assert (waiting.code, waiting.out) == (0, "main: nothing to push now (2 waiting: emagsync outbox list)\n")
