"""Finds the secrets among the settings, for hiding them in logs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr


def secrets_of(settings: BaseModel) -> dict[str, str]:
    """Every secret of the settings and their groups, by its field; of an address, its password."""
    found = {name: _hidden_part(secret) for name, secret in _secrets(settings, "")}
    return {name: secret for name, secret in found.items() if secret}


def _secrets(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value = getattr(model, name, None)
        if isinstance(value, SecretStr):
            yield f"{prefix}{name}", value.get_secret_value()
        elif isinstance(value, tuple):
            secrets = (part for part in value if isinstance(part, SecretStr))
            yield from (
                (f"{prefix}{name}.{number}", secret.get_secret_value()) for number, secret in enumerate(secrets)
            )
        elif isinstance(value, BaseModel):
            yield from _secrets(value, f"{prefix}{name}__")


def _hidden_part(secret: str) -> str:
    if "://" not in secret:
        return secret
    try:
        return unquote(urlsplit(secret).password or "")
    except ValueError:
        return secret
