"""Settings of the requests to eMAG: trying again, timeouts, the way there, the limit."""

from __future__ import annotations

import ssl
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from emagsync.core.proxies import parse_proxy
from emagsync.core.settings.values import Seconds, expanded


class RetrySettings(BaseModel):
    """How a failed eMAG call is tried again (`EMAGSYNC_RETRY__ATTEMPTS` and so on)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=5, ge=1, le=20)
    min_seconds: float = Field(default=0.0, ge=0, le=86_400)
    base_seconds: Seconds = 2.0
    max_seconds: Seconds = Field(default=30.0, validate_default=True)
    max_retry_after_seconds: Seconds = 120.0

    @field_validator("max_seconds")
    @classmethod
    def _reaches_the_minimum(cls, value: float, given: ValidationInfo) -> float:
        least = given.data.get("min_seconds", 0.0)
        if value < least:
            raise ValueError(f"it must not be less than EMAGSYNC_RETRY__MIN_SECONDS, which is {least:g}")
        return value


class HttpSettings(BaseModel):
    """One HTTP exchange with eMAG: its limits and its way there (`EMAGSYNC_HTTP__READ_TIMEOUT` and so on).

    Without `proxy` the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` decide, unless `trust_env` is off.
    `ca_bundle` is a file of certificates (PEM) that are trusted besides the system's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 60.0
    max_response_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    trust_env: bool = True
    proxy: SecretStr | None = None
    ca_bundle: Path | None = None

    @field_validator("proxy", "ca_bundle", mode="before")
    @classmethod
    def _set_to_nothing(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_proxy(value.get_secret_value(), "")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        path = expanded(value)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except OSError as error:  # an SSLError, for a file that is there, is one too
            reason = "it holds no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            raise ValueError(f"{path} cannot be used: {reason}") from error
        return path


class LimitSettings(BaseModel):
    """Requests a second to each account. Only a test marketplace may be asked without a limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
