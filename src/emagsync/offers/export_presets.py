"""Presets of exports: columns, order, language, format and filter under a name, one's own or shared with all users."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.offers import export_preset_repository as repository
from emagsync.offers.errors import PresetNameTaken, PresetNotFound, TooManyPresets
from emagsync.offers.export_preset_repository import StoredPreset
from emagsync.offers.export_schemas import ExportQuery, Preset, PresetBody
from emagsync.rest.principals import Principal, Role
from emagsync.rest.problems import ApiProblem

# Of one person.
MOST_PRESETS: Final = 100


class ExportPresets:
    """Keeps and finds presets. One's own are those of the same user name; others' are seen where they are shared."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all_for(self, caller: Principal) -> list[Preset]:
        """Those that the caller sees, by name."""
        async with self._database.snapshot() as connection:
            found = await repository.presets_of(connection, caller.username)
        return [_view(one, caller) for one in found]

    async def get(self, preset_id: int, caller: Principal) -> Preset:
        """One that the caller sees. Raises PresetNotFound."""
        async with self._database.snapshot() as connection:
            found = await repository.find_preset(connection, preset_id)
        return _view(_seen(found, preset_id, caller), caller)

    async def add(self, body: PresetBody, caller: Principal) -> Preset:
        """Keep a new one. Raises PresetNameTaken and TooManyPresets."""
        _check_sharing(body, caller)
        try:
            async with self._database.transaction() as connection:
                if await repository.count_presets(connection, caller.username) >= MOST_PRESETS:
                    raise TooManyPresets(MOST_PRESETS)
                stored = await repository.insert_preset(connection, caller.username, _values(body), self._clock.now())
        except ConstraintViolated as error:
            raise PresetNameTaken(body.name) from error
        return _view(stored, caller)

    async def replace(self, preset_id: int, body: PresetBody, caller: Principal) -> Preset:
        """Replace one that the caller may change. Raises PresetNotFound and PresetNameTaken."""
        _check_sharing(body, caller)
        try:
            async with self._database.transaction() as connection:
                found = _changeable(await repository.find_preset(connection, preset_id), preset_id, caller)
                stored = await repository.update_preset(connection, found.id, _values(body), self._clock.now())
        except ConstraintViolated as error:
            raise PresetNameTaken(body.name) from error
        return _view(stored, caller)

    async def remove(self, preset_id: int, caller: Principal) -> str:
        """Remove one that the caller may change; returns its name. Raises PresetNotFound."""
        async with self._database.transaction() as connection:
            found = _changeable(await repository.find_preset(connection, preset_id), preset_id, caller)
            await repository.delete_preset(connection, preset_id)
        return found.name


def with_preset(query: ExportQuery, preset: Preset) -> ExportQuery:
    """What is asked for, and of the rest what the preset says."""
    given = query.model_dump(include=query.model_fields_set)
    kept = dict(preset.filter or {}) | {"format": preset.format, "language": preset.language, "column": preset.columns}
    return ExportQuery.model_validate(kept | given)


def _check_sharing(body: PresetBody, caller: Principal) -> None:
    """Raises a 403 problem: what is shared stands in everybody's list."""
    if body.shared and not caller.role.allows(Role.OPERATOR):
        raise ApiProblem(
            HTTPStatus.FORBIDDEN,
            "role_too_small",
            "To share a preset needs the role operator: keep it for yourself, or ask an admin.",
            needed_role=Role.OPERATOR,
        )


def _values(body: PresetBody) -> dict[str, object]:
    chosen = None if body.filter is None else body.filter.model_dump(mode="json", exclude_unset=True)
    return {
        "name": body.name,
        "format": body.format.value,
        "language": body.language,
        "columns": body.columns,
        "filter": chosen,
        "is_shared": body.shared,
    }


def _seen(found: StoredPreset | None, preset_id: int, caller: Principal) -> StoredPreset:
    if found is None or not (found.is_shared or found.owner == caller.username):
        raise PresetNotFound(preset_id)
    return found


def _changeable(found: StoredPreset | None, preset_id: int, caller: Principal) -> StoredPreset:
    seen = _seen(found, preset_id, caller)
    if not _may_change(seen, caller):
        raise PresetNotFound(preset_id)
    return seen


def _may_change(preset: StoredPreset, caller: Principal) -> bool:
    return preset.owner == caller.username or (preset.is_shared and caller.role.allows(Role.ADMIN))


def _view(preset: StoredPreset, caller: Principal) -> Preset:
    return Preset.model_validate(
        {
            "id": preset.id,
            "name": preset.name,
            "owner": preset.owner,
            "is_mine": _may_change(preset, caller),
            "format": preset.format,
            "language": preset.language,
            "columns": preset.columns,
            "filter": preset.filter,
            "shared": preset.is_shared,
            "updated_at": preset.updated_at,
        }
    )
