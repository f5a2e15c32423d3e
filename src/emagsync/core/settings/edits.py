"""Settings of local edits, of sending them to eMAG, and of the sources that they come from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from emagsync.core.edit_rules import parse_owners, parse_strategies
from emagsync.core.settings.values import Seconds, expanded

# Whether local edits are sent to eMAG: never, at once, or when a person has released them.
PushMode = Literal["off", "on", "approve"]


class EditsSettings(BaseModel):
    """Local edits and sending them to eMAG (`EMAGSYNC_EDITS__PUSH` and so on).

    The brake stops what would reprice, zero or deactivate more than `brake_percent` of an account's offers, or more
    than `brake_offers`, within `brake_minutes`. `conflict_strategy` and `owners` say who wins where both sides changed,
    for one account by `fbe=manual` and `fbe.stock=local`; a price that changes by more than `plausible_change` percent
    needs a confirmation. An offer read longer than `fresh_seconds` ago is read again before anything is sent for it. A
    bulk change is worked through, and the outbox filled and decided about, by `bulk_piece` offers at a time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    push: PushMode = "off"
    brake_percent: int = Field(default=20, ge=0, le=100)
    brake_offers: int = Field(default=200, ge=0, le=1_000_000)
    brake_minutes: int = Field(default=60, ge=1, le=10_080)
    fresh_seconds: float = Field(default=300.0, ge=0, le=86_400)
    readback_seconds: Seconds = 20.0
    lease_seconds: Annotated[float, Field(ge=1, le=600)] = 20.0
    look_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    conflict_strategy: str = "emag_priority"
    owners: str = ""
    plausible_change: int = Field(default=50, ge=1, le=1000)
    bulk_piece: int = Field(default=200, ge=1, le=10_000)

    @field_validator("conflict_strategy")
    @classmethod
    def _strategies(cls, value: str) -> str:
        parse_strategies(value)
        return value

    @field_validator("owners")
    @classmethod
    def _owners(cls, value: str) -> str:
        parse_owners(value)
        return value


class SourceSettings(BaseModel):
    """Sources of stock and prices: `EMAGSYNC_SOURCES__FOLDER` is the only folder that their files may be read from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = None

    @field_validator("folder", mode="before")
    @classmethod
    def _set_to_nothing(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("folder")
    @classmethod
    def _is_folder(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        path = Path(os.path.abspath(expanded(value)))  # noqa: PTH100 - as for data_dir
        if path == Path(path.anchor):
            raise ValueError("the whole machine is no folder for sources: name one of its own")
        return path
