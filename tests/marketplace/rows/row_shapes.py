"""Rows for the tests of the parser: our samples, JSON in every spelling, and a slow model of "the same content"."""

from __future__ import annotations

import json
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from emagsync.marketplace.platforms import PLATFORMS
from emagsync.marketplace.rows import parse
from emagsync.marketplace.rows.fingerprint import NUMBER_KEYS, TEXT_KEYS

RO = PLATFORMS["emag-ro"]
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: a busy machine is no failure."""
SAMPLE = Path(__file__).parents[2] / "data" / "offers_sample.json"
SAMPLE_ROWS = [bytes(row) for row in msgspec.json.decode(SAMPLE.read_bytes(), type=list[msgspec.Raw])]
ROWS = [parse.payload(row) for row in SAMPLE_ROWS]


def written(value: Any) -> bytes:
    """Plain JSON of a value with Decimals, half surrogate pairs escaped."""
    return spelled(value, random.Random(0), sloppy=False).encode()


def row(**fields: Any) -> bytes:
    """A sellable row with some fields set; `...` leaves a field out."""
    content = dict(ROWS[0]) | fields
    return written({key: value for key, value in content.items() if value is not ...})


def parsed(raw: bytes) -> parse.ParsedRow:
    return parse.parse(raw, RO)


def offer(raw: bytes) -> parse.ProductOffer:
    found = parsed(raw).offer
    assert found is not None
    return found


def spelled(value: Any, rng: random.Random, *, sloppy: bool = True, key: str = "", text: bool = False) -> str:
    """JSON of `value`; when sloppy, in one of its many spellings. `text`: the value is in a field of text."""
    space = rng.choice(("", "", " ", "\n\t")) if sloppy else ""
    if isinstance(value, dict):
        items = list(value.items())
        if sloppy:
            rng.shuffle(items)
        members = [
            _string(name, rng, sloppy) + ":" + spelled(part, rng, sloppy=sloppy, key=name, text=_is_text(key, name))
            for name, part in items
        ]
        return "{" + space + ("," + space).join(members) + "}"
    if isinstance(value, list):
        inner = text and key == "ean"
        return "[" + ("," + space).join(spelled(part, rng, sloppy=sloppy, key="-", text=inner) for part in value) + "]"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _number(Decimal(value), rng, text) if sloppy else f"{Decimal(value):f}"
    if isinstance(value, str):
        return _string(value, rng, sloppy)
    return json.dumps(value)


def _is_text(parent: str, key: str) -> bool:
    return (parent == "" and key in (*TEXT_KEYS, "ean")) or (parent == "family" and key == "name")


def _string(value: str, rng: random.Random, sloppy: bool) -> str:
    if sloppy and rng.random() < 0.3:
        pairs = value.encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{pairs[at : at + 2].hex()}" for at in range(0, len(pairs), 2)) + '"'
    escaped = json.dumps(value, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", escaped)


def _number(value: Decimal, rng: random.Random, text: bool) -> str:
    plain = f"{value:f}"
    if text:
        return plain if "." in plain else rng.choice((plain, f'"{plain}"'))
    spellings = [plain, f'"{plain}"']
    zeros = "0" * rng.randint(1, 4)
    longer = plain + zeros if "." in plain else f"{plain}.{zeros}"
    return rng.choice([*spellings, longer, f'"{longer}"', f"{value.scaleb(2):f}e-2"])


def content(value: Any, key: str = "", *, parent: str = "-", text: bool = False) -> Any:
    """What a value means, as a hashable thing: two rows are the same content exactly when these are equal."""
    if isinstance(value, dict):
        return "object", frozenset(
            (name, content(part, name, parent=key, text=_is_text(key, name))) for name, part in value.items()
        )
    if isinstance(value, list):
        inner = text and key == "ean"
        return "list", tuple(content(part, "-", text=inner) for part in value)
    if value is None or isinstance(value, bool):
        return "constant", str(value)
    if isinstance(value, int | Decimal):
        amount = Decimal(value)
        if text:
            plain = f"{amount:f}"
            return "text", (plain.rstrip("0").rstrip(".") if "." in plain else plain).replace("-0", "0", amount == 0)
        return "number", amount
    return _text_content(value, key, parent, text)


def _text_content(value: str, key: str, parent: str, text: bool) -> Any:
    if text:
        return "text", value
    if re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", value):
        return "number", Decimal(value)
    loose = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?\s*"
    if parent == "" and key in NUMBER_KEYS and re.fullmatch(loose, value):
        return "number", Decimal(value.strip())
    return "text", value


_numbers = st.one_of(
    st.integers(-20, 20),
    st.integers(-(10**24), 10**24),
    st.decimals(-(10**9), 10**9, allow_nan=False, places=4),
    st.decimals(-10, 10, allow_nan=False, places=1),
)
_texts = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=6),
    st.sampled_from(["", "0", "-0", "1", "01", "1.0", "1.00", "1.50", "-0.0", "1e2", "+1", " 1", ".5", "5.", "true"]),
    st.sampled_from(['"1"', 'a,"1', ':"1"', '\\"1"', '["1"', "null", "n/a", "1,234.50", "NaN", "\x00", "\ud800", "é"]),
)
_keys = st.one_of(
    st.sampled_from(["a", "b", "1", "1.0", "name", "part_number", "sale_price", "ean", "value", "errors", 'x:"1"']),
    _texts,
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_keys, inner, max_size=4)),
    max_leaves=8,
)
