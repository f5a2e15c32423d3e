"""sources: stock and prices that arrive by themselves; edits that need an approval of their own

Revision ID: 20261129_35
Revises: 20261129_34
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, JsonText, UtcDateTime

revision = "20261129_35"
down_revision = "20261129_34"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("local_edits", sa.Column("needs_approval", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "sources",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("username", sa.String(255)),
        sa.Column("secrets", sa.Text()),
        sa.Column("host_key", sa.Text()),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("format", JsonText(), nullable=False),
        sa.Column("columns", JsonText()),
        sa.Column("key", sa.String(32)),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("missing_means", sa.String(16), nullable=False),
        sa.Column("most_shrink_percent", sa.Integer(), nullable=False),
        sa.Column("interval_minutes", sa.Integer()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime()),
        sa.Column("reading_until", UtcDateTime()),
        sa.Column("digest", sa.String(64)),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("rows", sa.Integer()),
        sa.Column("taken_in_at", UtcDateTime()),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.UniqueConstraint("name", name="uq_sources_name"),
    )
    where = sa.text("next_at IS NOT NULL")
    op.create_index("ix_sources_next_at", "sources", ["next_at"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "source_readings",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column(
            "source_id",
            sa.String(36),
            sa.ForeignKey("sources.id", name="fk_source_readings_source_id_sources", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("trigger", sa.String(16), nullable=False),
        sa.Column("started_by", sa.String(120), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("code", sa.String(40)),
        sa.Column("reason", sa.String(40)),
        sa.Column("reason_values", JsonText()),
        sa.Column("message", sa.Text()),
        sa.Column("counts", JsonText(), nullable=False),
        sa.Column("file", JsonText()),
        sa.Column("brakes", JsonText()),
        sa.Column("batch_id", sa.String(36)),
        sa.Column("applied_by", sa.String(120)),
        sa.Column("applied_at", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_source_readings_source_id_id", "source_readings", ["source_id", "id"])
    op.create_index("ix_source_readings_started_at", "source_readings", ["started_at"])
    op.create_table(
        "source_reading_rows",
        sa.Column(
            "reading_id",
            BigId,
            sa.ForeignKey(
                "source_readings.id", name="fk_source_reading_rows_reading_id_source_readings", ondelete="CASCADE"
            ),
            primary_key=True,
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("row", sa.Integer()),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("emag_id", sa.BigInteger()),
        sa.Column("product_id", sa.BigInteger()),
        sa.Column("named", sa.Text()),
        sa.Column("product_name", sa.Text()),
        sa.Column("currency", sa.String(8)),
        sa.Column("given", JsonText(), nullable=False),
        sa.Column("changes", JsonText(), nullable=False),
        sa.Column("problems", JsonText(), nullable=False),
    )
    op.create_index(
        "ix_source_reading_rows_reading_id_kind_position", "source_reading_rows", ["reading_id", "kind", "position"]
    )


def downgrade() -> None:
    op.drop_table("source_reading_rows")
    op.drop_table("source_readings")
    op.drop_table("sources")
    # Not by a new table: SQLite would delete what refers to the rows of the old one.
    op.drop_column("local_edits", "needs_approval")
