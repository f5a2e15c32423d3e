"""One word for one thing: what the API calls an offer's values, and the older names that it still takes and gives.

Requests are models of `RequestModel`: a field by a newer name takes the older one too, and nothing that is unknown is
passed over. Answers have the older names beside the newer ones (`OfAccount`, `older_name`). Both are marked deprecated
in the OpenAPI document; `older_names` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, GetJsonSchemaHandler, computed_field
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

from emagsync.core.older_names import OLDER_NAMES

# For a single query parameter, whose name is no field of a model.
ACCOUNT_NAMES: Final = AliasChoices("account", OLDER_NAMES["account"])


def _choices(name: str) -> str | AliasChoices:
    older = OLDER_NAMES.get(name)
    return name if older is None else AliasChoices(name, older)


def names_of(name: str, field: FieldInfo) -> tuple[str, ...]:
    """What a request may call the field `name`: its name first, then the older ones."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (alias if isinstance(alias, str) else field.alias or name,)


def deprecated_twin(older: str, newer: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an older name, from that of the newer one."""
    kept = {key: value for key, value in schema.items() if key not in ("title", "description", "examples", "default")}
    return kept | {"description": f"The older name of `{newer}`.", "deprecated": True, "title": older}


class RequestModel(BaseModel):
    """A body of a request, or a part of one. Unknown names are refused; older ones are taken for the newer."""

    model_config = ConfigDict(extra="forbid", alias_generator=AliasGenerator(validation_alias=_choices))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The model's schema, with the older names in it, marked deprecated."""
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        properties = schema.get("properties", {})
        for name, field in cls.model_fields.items():
            newer, *others = names_of(name, field)
            for older in others:
                properties[older] = deprecated_twin(older, newer, properties[newer])
        return reference


class QueryModel(RequestModel):
    """The parameters of a query, or some of them: `rest.unknown_names` refuses those that no part of a route knows."""

    model_config = ConfigDict(extra="ignore")


def older_name(newer: str) -> dict[str, Any]:
    """`json_schema_extra` of a computed field of an answer that has the value by its older name."""
    return {"deprecated": True, "description": f"The older name of `{newer}`."}


class OfAccount(BaseModel):
    """An answer, or a part of one, about something of an account."""

    account: str

    @computed_field(json_schema_extra=older_name("account"))  # type: ignore[prop-decorator]
    @property
    def account_type(self) -> str:
        """The older name of `account`."""
        return self.account


class OfPartNumber(BaseModel):
    """An answer, or a part of one, that shows an offer's part number."""

    part_number: str | None

    @computed_field(json_schema_extra=older_name("part_number"))  # type: ignore[prop-decorator]
    @property
    def sku(self) -> str | None:
        """The older name of `part_number`."""
        return self.part_number
