"""Routes that are called so often that FastAPI's own way of finding their parameters would count.

FastAPI looks at each dependency anew in every request: what it is, what it may be cached by, which parameters of which
kind it has. Of a short answer that is a quarter of the time. Here that is looked at once, when the route is made. What
a plain request gives is the same; where anything about it is wrong, FastAPI is asked after all, and says what.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from inspect import iscoroutinefunction, signature
from typing import Any, Final, NamedTuple

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from starlette.requests import Request
from starlette.responses import Response

# Parameters of a dependency that nothing here fills.
_BEYOND: Final = ("background_tasks_param_name", "response_param_name", "websocket_param_name")
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _Wrong(Exception):
    """The request is none that is answered here."""


class QuickRoute(APIRoute):
    """A route whose dependencies are looked at once. One with a body, with a dependency that is no coroutine, or that
    answers with anything but a `Response`, is FastAPI's as it is."""

    def get_route_handler(self) -> _Handler:
        """What answers a request."""
        usual = super().get_route_handler()
        endpoint: Any = self.endpoint
        if self.body_field is not None or signature(endpoint).return_annotation not in (Response, Response.__name__):
            return usual
        step = _step_of(self.dependant)
        if step is None:
            return usual

        async def answer(request: Request) -> Response:
            try:
                for whole in request.app.router.dependencies:  # those of the application
                    await whole.dependency(request)
                values = await step.values(request, {})
            except _Wrong:
                return await usual(request)
            answered: Response = await endpoint(**values)
            return answered

        return answer


class _Step(NamedTuple):
    """A dependency, or the endpoint itself: what it is called with."""

    name: str | None
    call: Callable[..., Awaitable[Any]]
    known_as: tuple[Any, ...]  # the same one is called once in a request
    needs: tuple[_Step, ...]
    scopes: tuple[str, SecurityScopes] | None
    request: tuple[str, ...]
    path: Sequence[Any]
    query: Sequence[Any]
    defaults: Mapping[str, Any] | None  # of the query's parameters, where none has to be given

    async def values(self, request: Request, found: dict[Any, Any]) -> dict[str, Any]:
        """The arguments of the call. Raises what the dependencies raise, and _Wrong."""
        values: dict[str, Any] = {}
        for need in self.needs:
            if need.known_as not in found:
                found[need.known_as] = await need.call(**await need.values(request, found))
            if need.name is not None:
                values[need.name] = found[need.known_as]
        if self.path:
            values |= _given(self.path, request.path_params)
        if self.query:
            if self.defaults is None or request.query_params:
                values |= _given(self.query, request.query_params)
            else:
                values |= self.defaults
        values |= dict.fromkeys(self.request, request)
        if self.scopes is not None:
            values[self.scopes[0]] = self.scopes[1]
        return values


def _given(fields: Sequence[Any], received: Any) -> dict[str, Any]:
    values, errors = request_params_to_args(fields, received)
    if errors:
        raise _Wrong
    return values


def _step_of(dependant: Dependant) -> _Step | None:
    """None where FastAPI has to do it."""
    call: Any = dependant.call
    needs = [_step_of(one) for one in dependant.dependencies]
    plain = [one for one in needs if one is not None]
    is_beyond = any(getattr(dependant, name) for name in _BEYOND) or dependant.header_params or dependant.cookie_params
    is_coroutine = iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
    if is_beyond or dependant.body_params or not is_coroutine or len(plain) < len(needs) or not dependant.use_cache:
        return None
    scopes = [*(dependant.parent_oauth_scopes or ()), *(dependant.own_oauth_scopes or ())]
    wanted = dependant.security_scopes_param_name
    uses_scopes = dependant.own_oauth_scopes or wanted or any(len(one.known_as) > 1 for one in plain)
    names = (dependant.request_param_name, dependant.http_connection_param_name)
    return _Step(
        name=dependant.name,
        call=call,
        known_as=(call, *(scopes if uses_scopes else ())),
        needs=tuple(plain),
        scopes=(wanted, SecurityScopes(scopes=list(dict.fromkeys(scopes)))) if wanted else None,
        request=tuple(name for name in names if name),
        path=dependant.path_params,
        query=dependant.query_params,
        defaults=_defaults_of(dependant.query_params),
    )


def _defaults_of(fields: Sequence[Any]) -> Mapping[str, Any] | None:
    """What parameters are that nobody gives; None where one is needed, or its default may be changed."""
    infos = {field.name: field.field_info for field in fields}
    if any(info.is_required() or info.validate_default or info.default_factory for info in infos.values()):
        return None
    defaults = {name: info.default for name, info in infos.items()}
    return defaults if all(isinstance(one, str | int | None) for one in defaults.values()) else None
