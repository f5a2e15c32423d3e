"""Settings of metrics, of the log of calls to eMAG and of tracing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MetricsSettings(BaseModel):
    """Who may read `/metrics` from elsewhere (`EMAGSYNC_METRICS__TOKEN`, `EMAGSYNC_METRICS__PUBLIC`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(default=None, min_length=16)
    public: bool = False


class CallSettings(BaseModel):
    """The log of calls to eMAG (`EMAGSYNC_CALLS__KEEP_DAYS` and so on). eMAG asks for 30 days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_days: int = Field(default=30, ge=1, le=3650)
    sample_every: int = Field(default=10, ge=1, le=10_000)
    max_rows: int = Field(default=100_000, ge=1000, le=100_000_000)


class TracingSettings(BaseModel):
    """Where spans go (`EMAGSYNC_TRACING__ENDPOINT`, OTLP over HTTP); none are made without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/\s]+(/\S*)?$")
    sample_ratio: float = Field(default=1.0, ge=0, le=1)
