"""What the OpenAPI document says of the API as a whole, and of each group of routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

DESCRIPTION: Final = """\
Send an API token with every request: `Authorization: Bearer <token>`. An admin makes one in the page, with
`emagsync tokens create NAME --role operator`, or by `create_token`.

Names are the same everywhere: `account`, `emag_id`, `part_number` (the seller's), `part_number_key` (PNK), `ean`,
`sale_price`, `stock`. Unknown parameters and fields are refused. Prices are texts, without VAT. Times are UTC.

Every refusal is a `Problem`: its `code` is stable and made for programs, its `detail` is for people."""

_TAGS: Final = {
    "offers": "One offer by its account and id, or by part number, PNK or EAN; many by a list of keys.",
    "products": "The offers of the local copy: the list with its filters, exports, and the feed of what changed.",
    "edits": "Changes of offers, one or many, kept here and carried to eMAG; conflicts with what changed there.",
    "pushing": "What is on its way to eMAG: the outbox, approval, pushes, what the brake holds, undoing.",
    "runs": "Syncs: start one, watch it, stop it, what it changed, and what it proves about the copy.",
    "accounts": "The seller's accounts on eMAG, their connection and their limits of requests.",
    "freshness": "How fresh the offers are, and the targets for that.",
    "schedule": "The recurring jobs.",
    "events": "What happens, as it happens.",
    "webhooks": "Addresses that are told what happens, and what became of each message.",
    "notifications": "People who are told what happens, by mail or messenger.",
    "sources": "Files of prices and stock that are read into edits.",
    "reference": "What eMAG's numbers of VAT rates and categories mean.",
    "calls": "The requests to eMAG.",
    "home": "What changed since the caller last looked.",
    "views": "Saved filters and what the caller prefers.",
    "auth": "Logging in and out, the caller's own sessions, password and second factor.",
    "users": "The users of this server; for admins.",
    "tokens": "API tokens for programs; for admins.",
    "audit": "Who changed what; for admins.",
    "about": "The version and its licences.",
    "health": "For whatever watches the server.",
}
TAGS: Final[list[dict[str, Any]]] = [{"name": name, "description": text} for name, text in _TAGS.items()]

_EXAMPLES: Final = Path(__file__).with_name("examples.json")


def read_examples() -> dict[str, dict[str, Any]]:
    """Requests and their answers by operation id, as a server with a simulated marketplace gave them."""
    examples: dict[str, dict[str, Any]] = orjson.loads(_EXAMPLES.read_bytes())
    return examples
