"""FastAPI dependencies of the endpoints of edits, conflicts and pushes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.edits.bulk.file_process import FileReader
from emagsync.edits.conflict_service import ConflictService
from emagsync.edits.push.auto_push import AutoPushWorker
from emagsync.edits.push.service import PushService
from emagsync.edits.push.undo import Undo
from emagsync.edits.service import EditService
from emagsync.rest.dependencies import Provided

edit_service = Provided(EditService)
conflict_service = Provided(ConflictService)
push_service = Provided(PushService)
auto_push_worker = Provided(AutoPushWorker)
undo_service = Provided(Undo)
file_reader = Provided(FileReader)

Edits = Annotated[EditService, Depends(edit_service)]
Conflicts = Annotated[ConflictService, Depends(conflict_service)]
Pushing = Annotated[PushService, Depends(push_service)]
AutoPush = Annotated[AutoPushWorker, Depends(auto_push_worker)]
Undoing = Annotated[Undo, Depends(undo_service)]
Files = Annotated[FileReader, Depends(file_reader)]
