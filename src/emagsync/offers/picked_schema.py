"""How the OpenAPI document describes an answer that has only the fields that were asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class PickedFields(BaseModel):
    """The schema of what has only the fields that were asked for: no more than its keys is promised."""

    keys: ClassVar[tuple[str, ...]] = ("account", "emag_id")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        properties = schema.get("properties", {})
        for name in [name for name, part in properties.items() if part.get("deprecated")]:
            del properties[name]
        schema["required"] = list(cls.keys)
        return reference
