"""Saved filters, one's own or shared with all users, and preferences. Both belong to a name: a user's, or a token's."""

from __future__ import annotations

from typing import Final

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.rest.principals import Principal, Role
from emagsync.rest.problems import ApiProblem
from emagsync.views import repository
from emagsync.views.errors import FilterNameTaken, FilterNotFound, TooManyFilters
from emagsync.views.repository import StoredFilter
from emagsync.views.schemas import PreferenceName, SavedFilter, SavedFilterBody

MOST_FILTERS: Final = 100


class Views:
    """Keeps and finds them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def filters_for(self, caller: Principal) -> list[SavedFilter]:
        """Those that the caller sees, by name."""
        async with self._database.snapshot() as connection:
            found = await repository.filters_of(connection, caller.username)
        return [_view(one, caller) for one in found]

    async def add_filter(self, body: SavedFilterBody, caller: Principal) -> SavedFilter:
        """Keep a new one. Raises FilterNameTaken and TooManyFilters."""
        _check_sharing(body, caller)
        try:
            async with self._database.transaction() as connection:
                if await repository.count_filters(connection, caller.username) >= MOST_FILTERS:
                    raise TooManyFilters(MOST_FILTERS)
                stored = await repository.insert_filter(connection, self._values(body) | {"owner": caller.username})
        except ConstraintViolated as error:
            raise FilterNameTaken(body.name) from error
        return _view(stored, caller)

    async def replace_filter(self, filter_id: int, body: SavedFilterBody, caller: Principal) -> SavedFilter:
        """Replace one that the caller may change. Raises FilterNotFound and FilterNameTaken."""
        _check_sharing(body, caller)
        try:
            async with self._database.transaction() as connection:
                _changeable(await repository.find_filter(connection, filter_id), filter_id, caller)
                stored = await repository.update_filter(connection, filter_id, self._values(body))
        except ConstraintViolated as error:
            raise FilterNameTaken(body.name) from error
        return _view(stored, caller)

    async def remove_filter(self, filter_id: int, caller: Principal) -> str:
        """Delete one that the caller may change; returns its name. Raises FilterNotFound."""
        async with self._database.transaction() as connection:
            found = _changeable(await repository.find_filter(connection, filter_id), filter_id, caller)
            await repository.delete_filter(connection, filter_id)
        return found.name

    async def preference(self, name: PreferenceName, caller: Principal) -> list[str] | None:
        """What the caller prefers; None for the usual."""
        async with self._database.snapshot() as connection:
            return await repository.preference_of(connection, caller.username, name.value)

    async def prefer(self, name: PreferenceName, value: list[str] | None, caller: Principal) -> None:
        """Keep what the caller prefers; None for the usual."""
        async with self._database.transaction() as connection:
            await repository.store_preference(connection, caller.username, name.value, value)

    def _values(self, body: SavedFilterBody) -> dict[str, object]:
        return {"name": body.name, "query": body.query, "is_shared": body.shared, "updated_at": self._clock.now()}


def _check_sharing(body: SavedFilterBody, caller: Principal) -> None:
    if body.shared and not caller.role.allows(Role.OPERATOR):
        raise ApiProblem(
            403,
            "role_too_small",
            "To share a filter needs the role operator: keep it for yourself, or ask an admin.",
            needed_role=Role.OPERATOR,
        )


def _may_change(stored: StoredFilter, caller: Principal) -> bool:
    return stored.owner == caller.username or (stored.is_shared and caller.role.allows(Role.ADMIN))


def _changeable(found: StoredFilter | None, filter_id: int, caller: Principal) -> StoredFilter:
    if found is None or not _may_change(found, caller):
        raise FilterNotFound(filter_id)
    return found


def _view(stored: StoredFilter, caller: Principal) -> SavedFilter:
    return SavedFilter(
        id=stored.id,
        name=stored.name,
        owner=stored.owner,
        may_change=_may_change(stored, caller),
        query=stored.query,
        shared=stored.is_shared,
        updated_at=stored.updated_at,
    )
