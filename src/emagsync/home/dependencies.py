"""What the endpoints of Home are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.home.service import HomeService
from emagsync.rest.dependencies import Provided

home_service = Provided(HomeService)

HomeReader = Annotated[HomeService, Depends(home_service)]
