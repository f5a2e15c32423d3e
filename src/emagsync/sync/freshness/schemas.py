"""How fresh an account's offers are, against its targets: what the API, the page and the command line show."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from emagsync.core.vocabulary import OfAccount
from emagsync.sync.freshness.targets import LONGEST_SECONDS, MOST_TARGETS, SHORTEST_SECONDS, TargetSelection


class TargetSetting(BaseModel):
    """Offers of the selection are to be seen at least that often. An empty selection is for the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    selection: TargetSelection = TargetSelection()
    max_age_seconds: int = Field(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)


class TargetSettings(BaseModel):
    """All targets of an account. An offer has to meet each that selects it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: tuple[TargetSetting, ...] = Field(min_length=1, max_length=MOST_TARGETS)


class TargetReport(TargetSetting):
    """How the offers of one target stand, and what keeping it takes.

    `read_by`: `schedule` where the account's scheduled syncs do it, `ids` for asking one by one, `list` for one of
    eMAG's filtered lists, `active` and `everything` for whole ones. A target that another one's reading meets needs no
    requests of its own.
    """

    offers: int
    older: int = Field(description="Offers older than the target.")
    oldest_seen_at: datetime | None
    excess_seconds: float = Field(description="By how much the oldest is older than the target; 0 for none.")
    read_by: str = Field(description="`schedule`, `ids`, `list`, `active` or `everything`.")
    requests_per_hour: float
    missing_seconds: float = Field(
        description="By how much the target is shorter than reading its offers takes, when the longest other reading "
        "of the account has just begun; 0 where there is time enough."
    )


class FreshnessReport(OfAccount):
    """How fresh an account's offers are. Requests are those of an hour.

    `is_default`: nobody set targets; these follow from the schedule, twice its intervals. `missing_requests_per_hour`
    is how many requests too few there are for the targets and the schedule together, less a reserve for pushes and
    people: 0 where they suffice. `missing_seconds` is by how much the target that lacks most is shorter than reading
    takes. Both are 0 when all can be met.
    """

    is_default: bool
    targets: tuple[TargetReport, ...]
    older: int = Field(description="Offers older than one of their targets, each counted once.")
    excess_seconds: float
    needed_requests_per_hour: float
    scheduled_requests_per_hour: float
    available_requests_per_hour: int
    missing_requests_per_hour: float
    missing_seconds: float
    can_be_met: bool
