"""Settings of runs, of the workers that execute them, and of the schedule that starts them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from emagsync.core.settings.values import Seconds

# No run may be given longer.
LONGEST_RUN_SECONDS: Final = 86_400


class SyncSettings(BaseModel):
    """Defaults and bounds of a run (`EMAGSYNC_SYNC__TIMEOUT_SECONDS` and so on)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items_per_page: int = Field(default=100, ge=1, le=100)
    timeout_seconds: int = Field(default=600, ge=1, le=LONGEST_RUN_SECONDS)
    pages_in_flight: int = Field(default=8, ge=1, le=32)
    heartbeat_seconds: Seconds = 4.0
    stale_after_seconds: Seconds = 60.0
    resume_within_seconds: Seconds = 3600.0


class WorkerSettings(BaseModel):
    """How much `emagsync worker` does at once (`EMAGSYNC_WORKER__RUNS` and so on); used with
    `EMAGSYNC_EXECUTOR=celery`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: int = Field(default=50, ge=1, le=1000)
    short_tasks: int = Field(default=4, ge=1, le=100)
    sweep_seconds: Annotated[float, Field(gt=0, le=15)] = 10.0
    server_schedules: bool = False


class ScheduleSettings(BaseModel):
    """What `emagsync serve` does by itself (`EMAGSYNC_SCHEDULE__INCREMENTAL_MINUTES` and so on); 0 minutes is off.

    `freshness_minutes`: how often it is looked at least whether offers are within their targets; whenever some are
    about to be too old, it is looked then. `freshness_reserve_percent` of the requests that eMAG allows are left to
    pushes and people. `sources_minutes`: how often it is looked which sources are due. `reference`: VAT rates are read
    daily and names of categories weekly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    incremental_minutes: int = Field(default=60, ge=0, le=44_640)
    full_minutes: int = Field(default=1440, ge=0, le=44_640)
    cleanup_minutes: int = Field(default=5, ge=0, le=44_640)
    prune_minutes: int = Field(default=1440, ge=0, le=44_640)
    health_minutes: int = Field(default=15, ge=0, le=44_640)
    reference: bool = True
    freshness_minutes: int = Field(default=15, ge=0, le=44_640)
    sources_minutes: int = Field(default=1, ge=0, le=44_640)
    freshness_reserve_percent: int = Field(default=30, ge=0, le=90)
    keep_days: int = Field(default=30, ge=1, le=3650)
