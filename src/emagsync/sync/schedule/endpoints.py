"""Routes of the schedule: what is done by itself, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, computed_field

from emagsync.audit.service import audit
from emagsync.core.vocabulary import older_name
from emagsync.rest.auth import Admin, Viewer
from emagsync.rest.problems import problem_responses
from emagsync.rest.state import State
from emagsync.sync.dependencies import Schedules
from emagsync.sync.schedule.jobs import LONGEST_SECONDS, SHORTEST_SECONDS, JobKind
from emagsync.sync.schedule.scheduler import Scheduled

router = APIRouter(prefix="/api/v1/schedules", tags=["schedule"])

Name = Annotated[str, Path(min_length=1, max_length=64, description="Such as `incremental:main` or `cleanup`.")]


class ScheduleView(BaseModel):
    """One recurring job. `changed` says that a person set it to something else than the settings do."""

    name: str
    kind: JobKind
    account: str | None
    enabled: bool
    interval_seconds: int
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_result: str | None
    last_message: str | None
    changed: bool

    @computed_field(json_schema_extra=older_name("account"))  # type: ignore[prop-decorator]
    @property
    def account_type(self) -> str | None:
        """The older name of `account`."""
        return self.account


class ScheduleList(BaseModel):
    """Every job. Nothing is done by itself unless `enabled` (`EMAGSYNC_SCHEDULE__ENABLED`)."""

    enabled: bool
    schedules: list[ScheduleView]


class ScheduleChange(BaseModel):
    """What to change; null goes back to what the settings say, what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    interval_seconds: int | None = Field(default=None, ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)


@router.get("")
async def list_schedules(state: State, _: Viewer, schedules: Schedules) -> ScheduleList:
    """Every recurring job, when it is due, and what became of it the last time."""
    scheduled = await schedules.all()
    on = state.settings.schedule.enabled
    return ScheduleList(enabled=on, schedules=[_view(one, on=on) for one in scheduled])


@router.get("/{name}", responses=problem_responses(404))
async def get_schedule(state: State, _: Viewer, schedules: Schedules, name: Name) -> ScheduleView:
    """One recurring job."""
    return _view(await schedules.find(name), on=state.settings.schedule.enabled)


@router.patch("/{name}", responses=problem_responses(404))
async def change_schedule(
    request: Request, state: State, caller: Admin, schedules: Schedules, name: Name, change: ScheduleChange
) -> ScheduleView:
    """Turn a job on or off, or change how often it is done. It is next due after one interval from now."""
    values = change.model_dump(exclude_unset=True)
    changed = await schedules.change(name, values)
    await audit(request, caller, "schedule.change", name, values)
    return _view(changed, on=state.settings.schedule.enabled)


def _view(scheduled: Scheduled, *, on: bool) -> ScheduleView:
    job, row = scheduled
    return ScheduleView(
        name=job.name,
        kind=job.kind,
        account=job.account,
        enabled=scheduled.enabled,
        interval_seconds=scheduled.interval_seconds,
        next_run_at=row.next_run_at if on and scheduled.enabled else None,
        last_run_at=row.last_run_at,
        last_result=row.last_result,
        last_message=row.last_message,
        changed=row.enabled is not None or row.interval_seconds is not None,
    )
