"""FastAPI dependencies of the endpoints of users, sessions and API tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.identity.first_run import FirstRun
from emagsync.identity.service import UserService
from emagsync.identity.tokens import TokenService
from emagsync.rest.dependencies import Provided

user_service = Provided(UserService)
token_service = Provided(TokenService)
first_run = Provided(FirstRun)

UserAccounts = Annotated[UserService, Depends(user_service)]
ApiTokens = Annotated[TokenService, Depends(token_service)]
Setup = Annotated[FirstRun, Depends(first_run)]
