"""Compares a local copy with the marketplace, and local copies with each other.

The marketplace's rows are read without any code of the client, by the contract alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from emagsync.db.engine import Database
from support.databases import rows

_SHOWN = 5
# What tells one run from another, and not one copy from another.
# In a list they say whether they are filled in, in a read by id they are lists of companies: the same offer either way.
_GPSR = ("manufacturer", "eu_representative")
_OF_THE_RUN = {"id", "first_seen_at", "changed_at", "last_seen_at", "last_seen_run", "removed_at"}


def compare_with_marketplace(database: Database | Path, account: str, truth: Mapping[int, Mapping[str, Any]]) -> None:
    """Every id, price, stock, status and payload of the account equals the marketplace's, and nothing else is there."""
    found = differences(database, account, truth)
    assert not found, f"{len(found)} differences, such as {found[:_SHOWN]}"


def differences(database: Database | Path, account: str, truth: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """The differences from the marketplace, one line an offer."""
    local = present_offers(database, account)
    missing = [f"{emag_id} is missing" for emag_id in sorted(truth.keys() - local.keys())]
    invented = [f"{emag_id} should not be there" for emag_id in sorted(local.keys() - truth.keys())]
    wrong = [
        f"{emag_id}: {_different(local[emag_id], expected)}"
        for emag_id, row in truth.items()
        if emag_id in local and local[emag_id] != (expected := _expected(row, local[emag_id]["payload"] or {}))
    ]
    return missing + invented + wrong


def _different(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """The parts of an offer that are different, each as it is and as it should be."""
    both = {name: (found.get(name, "absent"), expected.get(name, "absent")) for name in {**found, **expected}}
    payloads = both.pop("payload")
    if all(payloads):
        both |= {
            f"payload.{name}": (payloads[0].get(name, "absent"), payloads[1].get(name, "absent"))
            for name in {**payloads[0], **payloads[1]}
        }
    else:
        both["payload"] = payloads
    return ", ".join(f"{name}: {one!r} instead of {other!r}" for name, (one, other) in both.items() if one != other)


def present_offers(database: Database | Path, account: str) -> dict[int, dict[str, Any]]:
    """Price, stock, status and payload of the offers that are not marked removed."""
    found = rows(
        database,
        "SELECT o.emag_id, o.sale_price AS price, o.stock, o.status, p.payload FROM offers o "
        "LEFT JOIN offer_payloads p ON p.account = o.account AND p.emag_id = o.emag_id "
        "WHERE o.account = :account AND o.removed_at IS NULL",
        account=account,
    )
    return {
        row.pop("emag_id"): row
        | {
            "price": _price(row["price"]),
            "payload": None if row["payload"] is None else orjson.loads(row["payload"]),
        }
        for row in found
    }


def snapshot(database: Database | Path, account: str = "main") -> dict[str, Any]:
    """All that a copy holds, without what only tells which run wrote it and when."""

    def of_account(query: str) -> list[dict[str, Any]]:
        return rows(database, f"{query} WHERE account = :account", account=account)

    offers = {
        row["emag_id"]: {name: value for name, value in row.items() if name not in _OF_THE_RUN}
        | {"removed": row["removed_at"] is not None}
        for row in of_account("SELECT * FROM offers")
    }
    payloads = {
        row["emag_id"]: _as_listed(orjson.loads(row["payload"]))
        for row in of_account("SELECT emag_id, payload FROM offer_payloads")
    }
    changes = Counter(
        tuple(row.values()) for row in of_account("SELECT emag_id, field, old, new, source FROM offer_changes")
    )
    return {"offers": offers, "payloads": payloads, "changes": changes}


def _as_listed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: bool(row[name]) for name in _GPSR if isinstance(row.get(name), list)}


def _expected(row: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the copy must have of the marketplace's row; *stored* says in which form it was read."""
    listed = {name: bool(row[name]) for name in _GPSR if name in row and isinstance(stored.get(name), bool)}
    price = row.get("sale_price")
    return {
        "price": None if price is None else Decimal(str(price)).quantize(Decimal("0.0001")),
        "stock": _stock(row),
        "status": int(row["status"]),
        "payload": {**row, **listed},
    }


def _stock(row: Mapping[str, Any]) -> int:
    """The sum over warehouses; where `stock` is absent or names no warehouse, `general_stock` is the truth."""
    entries = row.get("stock") or []
    if entries and all(entry.get("warehouse_id") for entry in entries):
        return sum(int(entry["value"]) for entry in entries)
    return int(row["general_stock"])


def _price(stored: int | Decimal | None) -> Decimal | None:
    """SQLite keeps units of 0.0001."""
    return Decimal(stored).scaleb(-4) if isinstance(stored, int) else stored
