"""reasons: their codes and values beside the text, which was all that was kept of them

The sentences of before are read here once, by the templates that they were made of then. What eMAG may have said itself
is read as ours only where we can have written it: a person's refusal where a person ended the edit, a hold if that
person refused it, a withdrawal on an edit that was withdrawn. Values are the canonical ones. A text that is not exactly
such a sentence is somebody's own words, and stays that.

Revision ID: 20261128_10
Revises: 20261128_09
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import JsonText

revision = "20261128_10"
down_revision = "20261128_09"
branch_labels = None
depends_on = None

_TABLES = ("local_edits", "outbox", "pushes")
_AT_ONCE = 1000
_ITEM_KEYS = ("reason_code", "reason_values")

_CHANGED = "eMAG changed it from {base} to {emag}"
_SENTENCES = {
    "refused_by_hold": "refused by {by} (hold {hold})",
    "refused_by": "refused by {by}",
    "nothing_left": "its edits were withdrawn, settled or overtaken",
    "interrupted": "the push was interrupted before eMAG's answer",
    "not_its_turn": "the push was stopped before it was its turn",
    "not_shown": "eMAG took it and still shows the value from before",
    "no_effect": "sent {times} times, and eMAG still shows the value from before",
    "offer_unknown": "eMAG does not know this offer",
    "changed_since": "eMAG took {target} and shows {shown} since",
    "outcome_unknown": "not known whether eMAG took {target}: it shows {shown}, and had {before} before. "
    "It is not sent again; check the value and edit it anew",
    "third_value": "eMAG shows {shown}, which is neither {before} nor {target}",
    "below_min_price": "sale_price {price} would be below min_sale_price {limit}",
    "above_max_price": "sale_price {price} would be above max_sale_price {limit}",
    "not_above_sale_price": "recommended_price {price} would not be above sale_price {limit}",
    "not_sendable": "cannot be sent: {message}",
    "no_certain_answer": "no certain answer ({cause}): {message}",
    "not_sent": "not sent ({cause}): {message}",
    "unreadable": "could not be read back: {message}",
    "push_stopped": "stopped ({cause}): {message}",
    "changed_meanwhile": f"{_CHANGED} meanwhile",
    "already": "eMAG has {emag} already",
    "edit_stands": f"{_CHANGED}; the edit stands",
    "taken_off": f"{_CHANGED}: as many are taken off the edit, from {{value}} to {{left}}",
    "withdrawn_by": "withdrawn by {by}",
    "replaced_by": "replaced by {by}",
    "chose_emag": "{by} chose eMAG's value",
    "chose_local": "{by} chose it over eMAG's {emag}",
    "offer_gone": "eMAG does not know this offer any more",
    "other_since": "it has changed since, to {value}",
    "no_value_before": "eMAG had no value before, and none can be sent",
    "has_value": "it has this value",
}
# Nobody but us speaks so. The others are too much like what eMAG might say.
_UNMISTAKABLE = tuple(
    code for code in _SENTENCES if code not in ("refused_by_hold", "refused_by", "withdrawn_by", "replaced_by")
)
_ANYTHING = {"by": ".+", "message": ".*", "cause": r"\w+", "hold": r"\d+", "times": r"\d+"}
_VALUE = r"[+-]?\d+(?:\.\d+)?|nothing"


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    pattern = "".join(
        f"(?P<{part}>{_ANYTHING.get(part, _VALUE)})" if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    )
    return re.compile(pattern, re.DOTALL)


_PATTERNS = {code: _pattern(sentence) for code, sentence in _SENTENCES.items()}


class _Reason(NamedTuple):
    """A code, and the values in its sentence; None where eMAG had no value."""

    code: str
    values: Mapping[str, str | None]


Refused = Callable[[str], _Reason | None]


def upgrade() -> None:
    for name in _TABLES:
        op.add_column(name, sa.Column("reason_code", sa.String(length=32), nullable=True))
        op.add_column(name, sa.Column("reason_values", JsonText(), nullable=True))
    connection = op.get_bind()
    refused = _refusals(connection)
    _carry_edits(connection, refused)
    _carry_outbox(connection, refused)
    _carry_pushes(connection)


def downgrade() -> None:
    connection = op.get_bind()
    outbox = _table("outbox")
    for rows in _in_portions(connection, sa.select(outbox.c.id, outbox.c["items"]), outbox.c.id):
        changed = []
        for row in rows:
            items = json.loads(row._mapping["items"])
            plain = [{key: value for key, value in item.items() if key not in _ITEM_KEYS} for item in items]
            if plain != items:
                changed.append({"of_id": row.id, "new_items": _json(plain)})
        _write(connection, outbox, outbox.c.id, changed)
    for name in _TABLES:
        op.drop_column(name, "reason_values")
        op.drop_column(name, "reason_code")


def parse(text: str, codes: Collection[str]) -> _Reason | None:
    """Which of the sentences `codes` a text is; None: none of them."""
    for code in codes:
        match = _PATTERNS[code].fullmatch(text)
        if match is not None:
            # Only a value can be missing; a person may be named "nothing".
            values = {
                name: None if value == "nothing" and name not in _ANYTHING else value
                for name, value in match.groupdict().items()
            }
            return _Reason(code, values)
    return None


def _refusals(connection: sa.Connection) -> Refused:
    """Reads what a person refused. `(hold 3)` at its end belongs to the sentence if that person refused hold 3."""
    holds = sa.table("holds", *map(sa.column, ("id", "state", "decided_by")))
    query = sa.select(holds.c.id, holds.c.decided_by).where(holds.c.state == "refused")
    known = {(str(row.id), row.decided_by) for row in connection.execute(query)}

    def refused(text: str) -> _Reason | None:
        by_hold = parse(text, ("refused_by_hold",))
        if by_hold is not None and (by_hold.values["hold"], by_hold.values["by"]) in known:
            return by_hold
        return parse(text, ("refused_by",))

    return refused


def _carry_edits(connection: sa.Connection, refused: Refused) -> None:
    edits = _table("local_edits")
    query = sa.select(edits).where(edits.c.reason.is_not(None))
    for rows in _in_portions(connection, query, edits.c.id):
        found = [(row, _of_edit(row, refused)) for row in rows]
        _write(connection, edits, edits.c.id, [_columns(row.id, reason) for row, reason in found if reason])


def _of_edit(row: sa.Row[Any], refused: Refused) -> _Reason | None:
    if (reason := _by_columns(row)) is not None:
        return reason
    if row.state == "withdrawn":
        return parse(row.reason, ("withdrawn_by",))
    if row.state == "replaced":
        return parse(row.reason, ("replaced_by",))
    reason = parse(row.reason, _UNMISTAKABLE)
    # What a push closed was refused by eMAG, or by our own checks; what a person refused bears no push.
    if reason is None and row.state == "rejected" and row.closed_by_run is None:
        return refused(row.reason)
    return reason


def _by_columns(row: sa.Row[Any]) -> _Reason | None:
    """A merge's reason where the row still has the values that the sentence was made of."""
    values: dict[str, str | None] = {"base": row.base, "emag": row.closed_value}
    told = {name: "nothing" if value is None else value for name, value in values.items()}
    if row.reason == _SENTENCES["changed_meanwhile"].format(**told):
        return _Reason("changed_meanwhile", values)
    if row.reason == _SENTENCES["already"].format(**told):
        return _Reason("already", {"emag": row.closed_value})
    return None


def _carry_outbox(connection: sa.Connection, refused: Refused) -> None:
    outbox = _table("outbox")
    query = sa.select(outbox.c.id, outbox.c["items"], outbox.c.reason, outbox.c.push_id)
    for rows in _in_portions(connection, query, outbox.c.id):
        items = {row.id: json.loads(row._mapping["items"]) for row in rows}
        edit_ids = {item["edit_id"] for of_row in items.values() for item in of_row if "reason" in item}
        by_people = _refused_by_people(connection, edit_ids)
        changed = []
        for row in rows:
            values = _columns(row.id, _of_entry(row.reason, items[row.id]))
            # What no push has touched only a person can have refused, also where the edit had ended otherwise by then.
            of_a_person = {item["edit_id"] for item in items[row.id]} if row.push_id is None else by_people
            new = [_with_reason(item, of_a_person, refused) for item in items[row.id]]
            if new != items[row.id] or values["new_reason_code"] is not None:
                changed.append(values | {"new_items": _json(new)})
        _write(connection, outbox, outbox.c.id, changed)


def _refused_by_people(connection: sa.Connection, edit_ids: Collection[int]) -> set[int]:
    edits = _table("local_edits")
    found: set[int] = set()
    wanted = sorted(edit_ids)
    for start in range(0, len(wanted), _AT_ONCE // 2):
        some = wanted[start : start + _AT_ONCE // 2]
        query = sa.select(edits.c.id).where(
            edits.c.id.in_(some), edits.c.state == "rejected", edits.c.closed_by_run.is_(None)
        )
        found.update(connection.execute(query).scalars())
    return found


def _with_reason(item: dict[str, Any], by_people: Collection[int], refused: Refused) -> dict[str, Any]:
    text = item.get("reason")
    if text is None:
        return item
    reason = parse(text, _UNMISTAKABLE)
    if reason is None and item["edit_id"] in by_people:
        reason = refused(text)
    return item if reason is None else item | {"reason_code": reason.code, "reason_values": dict(reason.values)}


def _of_entry(text: str | None, items: Sequence[Mapping[str, Any]]) -> _Reason | None:
    """The reason of one entry of the outbox. One that was made of its items' reasons has no code of its own."""
    of_items = dict.fromkeys(f"{item['field']}: {item['reason']}" for item in items if item.get("reason"))
    if text is None or text == "; ".join(of_items):
        return None
    return parse(text, _UNMISTAKABLE)


def _carry_pushes(connection: sa.Connection) -> None:
    pushes = _table("pushes")
    query = sa.select(pushes.c.id, pushes.c.error).where(pushes.c.error.is_not(None))
    for rows in _in_portions(connection, query, pushes.c.id):
        found = [(row, parse(row.error, _UNMISTAKABLE)) for row in rows]
        _write(connection, pushes, pushes.c.id, [_columns(row.id, reason) for row, reason in found if reason])


def _table(name: str) -> sa.TableClause:
    columns = {
        "local_edits": ("base", "state", "reason", "closed_by_run", "closed_value"),
        "outbox": ("reason", "push_id"),
        "pushes": ("error",),
    }
    json_columns = ("reason_values", "items") if name == "outbox" else ("reason_values",)
    return sa.table(
        name,
        *map(sa.column, ("id", "reason_code", *columns[name])),
        *(sa.column(column, JsonText()) for column in json_columns),
    )


def _in_portions(
    connection: sa.Connection, query: sa.Select[Any], key: sa.ColumnElement[Any]
) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows by their key, so many at a time, so that memory does not grow with the table."""
    query = query.order_by(key).limit(_AT_ONCE)
    rows = connection.execute(query).all()
    while rows:
        yield rows
        rows = connection.execute(query.where(key > rows[-1].id)).all()


def _columns(row_id: Any, reason: _Reason | None) -> dict[str, Any]:
    return {
        "of_id": row_id,
        "new_reason_code": None if reason is None else reason.code,
        "new_reason_values": None if reason is None else _json(dict(reason.values)),
    }


def _write(
    connection: sa.Connection, table: sa.TableClause, key: sa.ColumnElement[Any], rows: list[dict[str, Any]]
) -> None:
    """Each row of `rows` has `of_id`, and the columns to change as `new_...`."""
    if not rows:
        return
    names = [name.removeprefix("new_") for name in rows[0] if name.startswith("new_")]
    values = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    connection.execute(sa.update(table).where(key == sa.bindparam("of_id")).values(values), rows)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
