"""Managing users and API tokens: `/api/v1/users`, `/api/v1/tokens`. For admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from emagsync.audit.service import audit
from emagsync.identity.dependencies import ApiTokens, UserAccounts
from emagsync.identity.schemas import ApiToken, NewApiToken, TokenRequest, User, UserChange, UserRequest
from emagsync.rest.auth import Admin
from emagsync.rest.problems import problem_responses

users_router = APIRouter(prefix="/api/v1/users", tags=["users"])
tokens_router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]

_NOT_FOUND = problem_responses(HTTPStatus.NOT_FOUND)
_CONFLICT = problem_responses(HTTPStatus.CONFLICT)


class Users(BaseModel):
    """Every user, by name."""

    users: list[User]


class Tokens(BaseModel):
    """The API tokens that are not revoked, oldest first."""

    tokens: list[ApiToken]


@users_router.get("")
async def list_users(users: UserAccounts, _: Admin) -> Users:
    """Every user."""
    return Users(users=await users.list_users())


@users_router.post("", status_code=HTTPStatus.CREATED, responses=_CONFLICT)
async def add_user(request: Request, caller: Admin, body: UserRequest, users: UserAccounts) -> User:
    """Add a user."""
    user = await users.add(body.username, body.password.get_secret_value(), body.role)
    await audit(request, caller, "user.add", user.username, {"role": user.role})
    return user


@users_router.get("/{user_id}", responses=_NOT_FOUND)
async def get_user(users: UserAccounts, user_id: Id, _: Admin) -> User:
    """One user."""
    return await users.get(user_id)


@users_router.patch("/{user_id}", responses=_NOT_FOUND | _CONFLICT)
async def change_user(request: Request, user_id: Id, caller: Admin, body: UserChange, users: UserAccounts) -> User:
    """Change a user's role or password, or disable the user, which ends the user's API tokens for good.

    The last enabled admin stays one (409).
    """
    password = body.password.get_secret_value() if body.password else None
    user = await users.change(user_id, role=body.role, enabled=body.enabled, password=password)
    detail = body.model_dump(exclude_none=True, exclude={"password"}) | ({"password": True} if password else {})
    await audit(request, caller, "user.change", user.username, detail)
    return user


@users_router.delete("/{user_id}/second-factor", status_code=HTTPStatus.NO_CONTENT, responses=_NOT_FOUND | _CONFLICT)
async def remove_second_factor(request: Request, user_id: Id, caller: Admin, users: UserAccounts) -> None:
    """Forget the second factor of a user who lost the phone and the recovery codes."""
    user = await users.remove_second_factor(user_id)
    await audit(request, caller, "user.second_factor_off", user.username)


@tokens_router.get("")
async def list_tokens(_: Admin, tokens: ApiTokens) -> Tokens:
    """The API tokens, without their text, which nobody can see again."""
    return Tokens(tokens=await tokens.list())


@tokens_router.post("", status_code=HTTPStatus.CREATED)
async def create_token(request: Request, caller: Admin, body: TokenRequest, tokens: ApiTokens) -> NewApiToken:
    """Make an API token. Its text is in this answer and never shown again."""
    token = await tokens.create(body.name, body.role, user_id=caller.user_id, expires_in_days=body.expires_in_days)
    await audit(request, caller, "token.create", f"{token.id}", {"name": token.name, "role": token.role})
    return token


@tokens_router.delete("/{token_id}", status_code=HTTPStatus.NO_CONTENT, responses=_NOT_FOUND)
async def revoke_token(request: Request, token_id: Id, caller: Admin, tokens: ApiTokens) -> None:
    """End an API token at once."""
    await tokens.revoke(token_id)
    await audit(request, caller, "token.revoke", f"{token_id}")
