"""What the endpoints of runs, schedules and freshness are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.rest.dependencies import Provided
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.control import RunControl
from emagsync.sync.freshness.service import FreshnessService
from emagsync.sync.schedule.scheduler import Scheduler

run_control = Provided(RunControl)
certificates = Provided(Certificates)
scheduler = Provided(Scheduler)
freshness_service = Provided(FreshnessService)

Control = Annotated[RunControl, Depends(run_control)]
CertificatesOfRuns = Annotated[Certificates, Depends(certificates)]
Schedules = Annotated[Scheduler, Depends(scheduler)]
Targets = Annotated[FreshnessService, Depends(freshness_service)]
