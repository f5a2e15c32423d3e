"""`emagsync push`, `outbox`, `holds` and `undo` as real processes."""

from __future__ import annotations

import json
from pathlib import Path

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
        released = await run("holds", "release", str(listed["holds"][0]["id"]), variables=variables)
        assert (released.code, released.out) == (0, "hold 1 is released\n")
        pushed = await run("push", variables=variables)
        assert (pushed.code, pushed.out) == (0, "main: completed: 21 applied\n")
        lines = json.loads((await run("outbox", "list", "--json", variables=variables)).out)["lines"]
        undone = await run("undo", "--push", lines[0]["push_id"], variables=variables)
        assert "21 values would be put back; --yes does it, 0 are left." in undone.out
        nothing = await run("undo", variables=variables)
        assert (nothing.code, nothing.out) == (2, "")
        assert "give push_id, run_id" in nothing.err
        off = await run("push", "main", variables=environment(tmp_path, desk.market.url))
        assert (off.code, "EMAG_MAIN_PUSH" in off.err) == (2, True)
