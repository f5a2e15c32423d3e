"""Routes of freshness: how old offers are, and how old they may become."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from emagsync.audit.service import audit
from emagsync.rest.auth import Operator, Viewer
from emagsync.rest.problems import problem_responses
from emagsync.rest.state import State
from emagsync.sync.dependencies import Targets
from emagsync.sync.freshness.schemas import FreshnessReport, TargetSettings

router = APIRouter(prefix="/api/v1/freshness", tags=["freshness"])

AccountName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")]


class FreshnessList(BaseModel):
    """Every account. Nothing is read by itself unless `enabled` (`EMAGSYNC_SCHEDULE__ENABLED`)."""

    enabled: bool
    accounts: list[FreshnessReport]


@router.get("")
async def list_freshness(state: State, _: Viewer, targets: Targets) -> FreshnessList:
    """How fresh the offers of every account are, and whether its targets can be met."""
    reports = [await targets.report(name) for name in targets.accounts]
    return FreshnessList(enabled=state.settings.schedule.enabled, accounts=reports)


@router.get("/{account}", responses=problem_responses(400))
async def get_freshness(_: Viewer, targets: Targets, account: AccountName) -> FreshnessReport:
    """How fresh the offers of one account are."""
    return await targets.report(account)


@router.put("/{account}/targets", responses=problem_responses(400))
async def set_freshness_targets(
    request: Request, caller: Operator, targets: Targets, account: AccountName, asked: TargetSettings
) -> FreshnessReport:
    """Replace the account's targets. The answer says whether they can be met, and by how many requests not."""
    report = await targets.set_targets(account, asked.targets)
    await audit(request, caller, "freshness.change", account, asked.model_dump(exclude_defaults=True))
    return report


@router.delete("/{account}/targets", responses=problem_responses(400))
async def reset_freshness_targets(
    request: Request, caller: Operator, targets: Targets, account: AccountName
) -> FreshnessReport:
    """Go back to the targets that follow from the account's schedule."""
    report = await targets.set_targets(account, ())
    await audit(request, caller, "freshness.reset", account)
    return report
