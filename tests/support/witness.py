"""The digest of a copy as docs/tables.md defines it, computed from the marketplace's rows without any code of ours."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from support.market import Market

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def canonical(value: Any) -> str:
    """JSON with sorted keys and without spaces, in which a number, or a text that is one, is written one way."""
    if isinstance(value, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}:{canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if value is None or isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        return json.dumps(value, ensure_ascii=False)
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def told(value: Any) -> Any:
    """Without the members of objects that say nothing."""
    if isinstance(value, dict):
        return {key: told(member) for key, member in value.items() if member is not None and member not in ("", [], {})}
    return [told(member) for member in value] if isinstance(value, list) else value


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """Whether there are companies, as a list says it."""
    row = told(row)
    for key in ("manufacturer", "eu_representative"):
        if key in row:
            row[key] = bool(row[key])
            if not row[key]:
                del row[key]
    return row


def digest_of(rows: Iterable[bytes]) -> str:
    """The digest of these rows, as eMAG sends them."""
    lines: dict[int, str] = {}
    for raw in rows:
        row = json.loads(raw, parse_float=Decimal)
        content = hashlib.blake2b(b"1\n" + canonical(listed(row)).encode(), digest_size=16).hexdigest()
        lines[int(row["id"])] = f"{int(row['id'])} {content}\n"
    text = "emagsync offers 1\n" + "".join(lines[emag_id] for emag_id in sorted(lines))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_market(market: Market, name: str = "main") -> str:
    """The digest of what an account of the sandbox offers now."""
    account = market.account(name)
    return digest_of(account.catalogue.encoded(emag_id) for emag_id in account.ids())
