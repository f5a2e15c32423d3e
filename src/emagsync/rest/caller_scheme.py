"""The caller of a route as one dependency, which the OpenAPI document takes for a security scheme.

FastAPI's work for a dependency takes longer than most of ours do, and every route has this one.
"""

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from emagsync.rest.principals import Principal, Role

# FastAPI reads the annotations of `__call__` as they stand, so this module does without postponed ones.


class CallerScheme(SecurityBase):
    """Finds who calls, by `find`, which gets the role that the route needs; described as `like` is."""

    def __init__(self, like: SecurityBase, find: Callable[[Request, Role], Awaitable[Principal]]) -> None:
        self.model = like.model
        self.scheme_name = like.scheme_name
        self._find = find

    async def __call__(self, request: Request, scopes: SecurityScopes) -> Principal:
        """The caller. Raises what `find` raises."""
        return await self._find(request, Role(scopes.scopes[-1]))
