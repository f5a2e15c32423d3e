"""What a save was sent: the list of entities in its body, counted as eMAG counts them."""

from typing import Any, Final

from emagsync.sandbox.answers import Refusal

MOST_ENTITIES: Final = 50
MOST_ELEMENTS: Final = 4000


def entities(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The entities of a save that wraps them in ``data``, as every save does but ``offer/save``.

    Raises:
        Refusal: they are not a list of objects, or too many.
    """
    return _checked(body.get("data"), body, "Invalid request: data must be a list of objects")


def bare_entities(content: Any) -> list[dict[str, Any]]:
    """The entities of ``offer/save``, whose body is the bare list. Raises :class:`Refusal`, also for a ``data``."""
    return _checked(content, content, "Invalid request: the body must be a list of offers")


def _checked(found: Any, content: Any, complaint: str) -> list[dict[str, Any]]:
    if elements(content) > MOST_ELEMENTS:
        raise Refusal(f"Maximum input vars of {MOST_ELEMENTS} exceeded")
    if not isinstance(found, list) or not found or not all(isinstance(entity, dict) for entity in found):
        raise Refusal(complaint)
    if len(found) > MOST_ENTITIES:
        raise Refusal(f"Maximum {MOST_ENTITIES} entities are allowed in one request, {len(found)} received")
    return found


def elements(value: Any) -> int:
    """Single values in a body, as PHP counts input variables."""
    if isinstance(value, dict):
        return sum(elements(inner) for inner in value.values())
    return sum(elements(inner) for inner in value) if isinstance(value, list) else 1
