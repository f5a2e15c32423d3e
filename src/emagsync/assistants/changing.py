"""Tools that change something, for operators: edits, which go to a person's approval, and syncs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from mcp.server.mcpserver import Context
from pydantic import Field

from emagsync.assistants.reading import run_brief
from emagsync.assistants.services import Answer, ToolServices, caller_of
from emagsync.core.account_names import AccountName
from emagsync.core.errors import EmagsyncError
from emagsync.edits.planning import Effect
from emagsync.edits.push.brake_preview import preview_brake
from emagsync.edits.request_schemas import BulkEdit, BulkLine
from emagsync.edits.response_schemas import BulkAnswer, bulk_answer
from emagsync.sync.api_schemas import SyncRequest
from emagsync.sync.schemas import Mode

MOST_EDITS: Final = 25
_ROW: Final = {"row", "account", "emag_id", "product_id", "part_number", "name", "currency"} | {
    "effect", "changes", "errors", "doubts",
}  # fmt: skip

Lines = Annotated[
    list[BulkLine],
    Field(
        min_length=1,
        max_length=MOST_EDITS,
        description="Each names its offer by `account` and `emag_id`, part number, PNK or EAN, and has new values.",
    ),
]
Confirm = Annotated[
    bool, Field(description="Accept values that look like a mistake (`doubts`). Only if the user says so.")
]


class NothingKept(EmagsyncError):
    """The edits cannot be stored as they are; the message has the reasons, row by row."""

    code = "edits_refused"

    def __init__(self, answer: BulkAnswer) -> None:
        wrong = [
            f"row {row.row}: {issue.field} {issue.message}"
            for row in answer.data.rows
            for issue in (*row.errors, *(row.doubts if row.effect is not Effect.OK else ()))
        ]
        super().__init__(f"Nothing was stored. {'; '.join(wrong) or 'The offers have these values already.'}")


class ChangingTools:
    """The tools' functions. Their names and docstrings are what the assistant reads."""

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    @property
    def tools(self) -> tuple[Any, ...]:
        """All of them. `preview_edit` changes nothing, but is of no use without the other."""
        return (self.preview_edit, self.make_edit, self.start_sync)

    async def preview_edit(self, context: Context, edits: Lines, confirm: Confirm = False) -> Answer:
        """Show what edits of prices, stock, status, VAT or handling time would do, and what is wrong with them.

        Nothing is stored. `make_edit` takes the `token`, once the user agrees with what this shows.
        """
        services = self._services
        result = await services.edits.preview(_requests(edits, confirm))
        plans = [line.plan for line in result.lines if line.plan and not line.errors]
        async with services.database.snapshot() as connection:
            brakes = await preview_brake(connection, plans, settings=services.settings.edits, mode=services.push.mode)
        return _told(bulk_answer(result, brakes)) | {"page": self._approvals(context)}

    async def make_edit(
        self,
        context: Context,
        edits: Lines,
        token: Annotated[str, Field(max_length=64, description="Of `preview_edit` with exactly these edits.")],
        confirm: Confirm = False,
    ) -> Answer:
        """Store edits that were previewed: all of them, or none. eMAG gets them only when a person approves them.

        The user approves them in the outbox, at `page`; no tool does.
        """
        services = self._services
        caller = caller_of(context, services)
        result = await services.edits.apply(_requests(edits, confirm), caller.author, token=token)
        answer = bulk_answer(result)
        if result.batch_id is None:
            raise NothingKept(answer)
        detail = {"rows": len(edits), "kept": answer.data.kept, "by": "assistant"}
        await caller.audit("offer.bulk_edit", result.batch_id, detail)
        return _told(answer) | {"waits_for": "approval by a person", "page": self._approvals(context)}

    async def start_sync(
        self,
        context: Context,
        account: Annotated[AccountName, Field(description="An account's name, `both`, or `all`.")],
        mode: Annotated[Mode, Field(description="`full` finds removed offers; `incremental` reads active ones.")] = (
            Mode.INCREMENTAL
        ),
    ) -> Answer:
        """Have offers read from eMAG now. Answers at once; `list_runs` tells how the runs go on."""
        services = self._services
        caller = caller_of(context, services)
        asked = SyncRequest(account=account, mode=mode)
        started = await services.runs.start(account, asked.parameters(), trigger=caller.trigger, skip_busy=True)
        await caller.audit("sync.start", started.sync_id, {"account": account, "mode": mode.value, "by": "assistant"})
        return {
            "sync_id": started.sync_id,
            "runs": [run_brief(run, caller) for run in started.runs],
            "busy": started.busy,
            "unusable": started.unusable,
        }

    def _approvals(self, context: Context) -> str:
        return f"{caller_of(context, self._services).page}/edits/outbox"


def _requests(edits: Sequence[BulkLine], confirm: bool) -> Any:
    return BulkEdit(edits=list(edits), confirm=confirm).change_requests()


def _told(answer: BulkAnswer) -> Answer:
    data = answer.data.model_dump(mode="json", include={"applied", "batch_id", "token", "kept", "counts", "brakes"})
    return data | {"rows": [row.model_dump(mode="json", include=_ROW, exclude_none=True) for row in answer.data.rows]}
