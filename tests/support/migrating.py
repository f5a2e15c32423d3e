"""Databases of earlier versions: brought to a step of the migrations, and filled as they were then."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Column, Connection, MetaData, Table

from emagsync.db import migrations


def bring_to(connection: Connection, revision: str) -> None:
    """Upgrade to this step."""
    command.upgrade(_config(connection), revision)


def take_back_to(connection: Connection, revision: str) -> None:
    """Downgrade to this step."""
    command.downgrade(_config(connection), revision)


def insert_row(connection: Connection, name: str, /, **given: Any) -> None:
    """With something in every column that must have something at this step; lists and mappings are JSON."""
    insert_rows(connection, name, [given])


def insert_rows(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `insert_row`, for rows with the same columns."""
    table = Table(name, MetaData(), autoload_with=connection)
    connection.execute(table.insert(), [_whole(table, row) for row in rows])


def _whole(table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    missing = [column for column in table.c if not column.nullable and column.key not in {*given, "id"}]
    row = {**given, **{column.key: _something(column) for column in missing}}
    for name, value in row.items():
        if isinstance(value, list | dict) and not isinstance(table.c[name].type, JSON):
            row[name] = json.dumps(value)
    return row


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def _something(column: Column[Any]) -> Any:
    kind = column.type.python_type
    moment = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    values: dict[type, Any] = {
        str: "x",
        int: 1,
        bool: True,
        bytes: b"x",
        object: {},  # JSON
        datetime: moment,
        Decimal: Decimal(1),
    }
    # SQLite tells of moments that they have no zone.
    is_naive = kind is datetime and not getattr(column.type, "timezone", False)
    return moment.replace(tzinfo=None) if is_naive else values[kind]
