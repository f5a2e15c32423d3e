"""FastAPI dependencies of the endpoints of bulk changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.edits.bulk_changes.service import BulkChanges
from emagsync.rest.dependencies import Provided

bulk_changes = Provided(BulkChanges)

Changes = Annotated[BulkChanges, Depends(bulk_changes)]
