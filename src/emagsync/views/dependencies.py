"""What the endpoints of saved filters and preferences are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.rest.dependencies import Provided
from emagsync.views.service import Views

views = Provided(Views)

ViewStore = Annotated[Views, Depends(views)]
