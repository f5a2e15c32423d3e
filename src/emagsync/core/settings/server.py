"""Settings of `emagsync serve` and of what it sends to other programs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ServerSettings(BaseModel):
    """Limits of `emagsync serve` (`EMAGSYNC_SERVER__SESSION_HOURS` and so on).

    A browser's session ends after `idle_minutes` in which nobody did anything; 0 is never. With
    `admins_need_second_factor` an admin who logs in without one can only read until one is set up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_body_bytes: int = Field(default=1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    max_upload_bytes: int = Field(default=20 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    session_hours: int = Field(default=12, ge=1, le=720)
    idle_minutes: int = Field(default=30, ge=0, le=1440)
    admins_need_second_factor: bool = False
    shutdown_seconds: int = Field(default=10, ge=1, le=600)
    max_connections: int = Field(default=1000, ge=10, le=60_000)
    max_connections_per_address: int = Field(default=200, ge=5, le=60_000)
    max_streams: int = Field(default=500, ge=1, le=60_000)
    max_streams_per_address: int = Field(default=100, ge=1, le=60_000)


class WebhookSettings(BaseModel):
    """Webhooks (`EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE` and so on), and one that is configured here, without an API call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_private: bool = False
    url: str | None = None
    secret: SecretStr | None = Field(default=None, min_length=16)
    events: str = "completed,partial,failed,stuck"
