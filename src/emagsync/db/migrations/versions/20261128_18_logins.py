"""logins: second factors, what is known of a session, wrong logins by pair; tokens of disabled users end

Revision ID: 20261128_18
Revises: 20261128_17
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from emagsync.db.types import BigId, UtcDateTime

revision = "20261128_18"
down_revision = "20261128_17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = datetime.now(UTC)
    op.create_table(
        "second_factors",
        sa.Column("user_id", BigId, autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
    )
    _add_to_sessions(now)
    # Counts of the last hour, by other keys than now: nobody misses them.
    op.drop_table("login_failures")
    _create_login_failures(sa.Column("since", UtcDateTime(), nullable=False))
    _end_tokens_of_disabled_users(now)


def downgrade() -> None:
    op.drop_table("login_failures")
    _create_login_failures()
    for name in ("agent", "address", "last_seen_at"):
        op.drop_column("sessions", name)
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")


def _add_to_sessions(now: datetime) -> None:
    for column in (
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
    ):
        op.add_column("sessions", column)
    sessions = sa.table("sessions", sa.column("last_seen_at", UtcDateTime()))
    op.execute(sa.update(sessions).values(last_seen_at=now))
    with op.batch_alter_table("sessions", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("last_seen_at", existing_type=UtcDateTime(), nullable=False)


def _create_login_failures(*more: sa.Column[datetime]) -> None:
    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        *more,
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_last_at"), "login_failures", ["last_at"])


def _end_tokens_of_disabled_users(now: datetime) -> None:
    users = sa.table("users", sa.column("id", BigId), sa.column("enabled", sa.Boolean()))
    tokens = sa.table("api_tokens", sa.column("user_id", BigId), sa.column("revoked_at", UtcDateTime()))
    disabled = sa.select(users.c.id).where(sa.not_(users.c.enabled))
    op.execute(
        sa.update(tokens).where(tokens.c.user_id.in_(disabled), tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
