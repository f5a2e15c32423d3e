"""The local copy. `offers` is narrow because every run touches it; the row as eMAG sent it is beside it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from emagsync.db.metadata import metadata, partial_index
from emagsync.db.types import BigId, JsonText, Money, UtcDateTime

FACETS = "ix_offers_facets"
REMOVED = "ix_offers_removed"

offers = Table(
    "offers",
    metadata,
    # `id` is ours and never changes; (`account`, `emag_id`) is the seller's own key.
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    Column("part_number", Text),
    Column("part_number_key", Text),
    Column("name", Text),
    Column("brand", Text),
    Column("category_id", BigInteger),
    Column("status", Integer),
    Column("sale_price", Money),
    Column("recommended_price", Money),
    Column("min_sale_price", Money),
    Column("max_sale_price", Money),
    Column("currency", String(8), nullable=False),
    Column("currency_type", Text),
    Column("vat_id", BigInteger),
    Column("stock", BigInteger, nullable=False),
    Column("estimated_stock", BigInteger),
    Column("handling_time", BigInteger),
    Column("validation_status", BigInteger),
    Column("translation_validation_status", BigInteger),
    Column("offer_validation_status", BigInteger),
    Column("buy_button_rank", BigInteger),
    Column("number_of_offers", BigInteger),
    Column("best_offer_sale_price", Money),
    Column("main_offer_price", Money),
    Column("ownership", SmallInteger),
    Column("genius_eligibility", BigInteger),
    Column("genius_eligibility_type", BigInteger),
    Column("genius_computed", BigInteger),
    Column("warranty", BigInteger),
    Column("main_image", Text),
    Column("eans", Text, nullable=False),  # a JSON list
    Column("sellable", Boolean, nullable=False),
    Column("not_sellable", Text, nullable=False),  # why not: codes separated by one space
    Column("remarks", JsonText),  # what of the row could not be read: [[field, reason], ...]
    Column("fingerprint", String(32), nullable=False),  # of the content: another one exactly when that changes
    Column("raw_digest", LargeBinary(16), nullable=False),  # of the row's bytes: equal means surely unchanged
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_run", String(36), nullable=False),
    Column("removed_at", UtcDateTime),
    UniqueConstraint("account", "emag_id"),
    Index(None, "part_number"),
    # What lists filter and sort by, in the order of a list: a page or a count reads this and no row. Nothing in it
    # changes when a run sees an offer unchanged.
    Index(
        FACETS,
        "account",
        "emag_id",
        "removed_at",
        "status",
        "sellable",
        "stock",
        "validation_status",
        "offer_validation_status",
        "category_id",
        "currency",
        "sale_price",
        "changed_at",
        "min_sale_price",
        "max_sale_price",
        "buy_button_rank",
        "vat_id",
        "brand",
        "not_sellable",
    ),
    partial_index("ix_offers_no_image", "account", "emag_id", where=text("main_image IS NULL AND removed_at IS NULL")),
    # The few that are left out of nearly every list and count.
    partial_index(
        REMOVED,
        "account",
        "emag_id",
        where=text("removed_at IS NOT NULL"),
    ),
)

# The searchable text of each offer, folded: see `emagsync.offers.search_repository`. On SQLite the index over it is
# `offer_search_index` (FTS5).
offer_search = Table(
    "offer_search",
    metadata,
    Column("offer_id", BigId, ForeignKey("offers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)

offer_payloads = Table(
    "offer_payloads",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("emag_id", BigInteger, primary_key=True, autoincrement=False),
    Column("payload", JsonText, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["account", "emag_id"], ["offers.account", "offers.emag_id"], ondelete="CASCADE"),
)

offer_changes = Table(
    "offer_changes",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    # A column of `offers`, or `lifecycle` whose values are created, removed and returned.
    Column("field", String(40), nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("run_id", String(36)),
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(16), nullable=False),
    Index(None, "account", "emag_id", "seq"),
    Index(None, "run_id"),
    # The few entries that say what the prices of the others are in.
    partial_index("ix_offer_changes_currency", "account", "emag_id", where=text("field = 'currency'")),
    # A number is never given twice, even after the newest rows were pruned: readers of the feed keep their place by it.
    sqlite_autoincrement=True,
)

# Numbers of the copy that are kept up with it: see `emagsync.offers.counts`.
offer_counts = Table(
    "offer_counts",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("what", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
# When offers that are not removed were seen last, and how many: see `emagsync.offers.sightings_repository`.
offer_sightings = Table(
    "offer_sightings",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("seen_at", UtcDateTime, primary_key=True),
    Column("number", BigInteger, nullable=False),
    # The ids of the offers that were seen then, each after a comma; most of them may have been seen again since.
    Column("ids", Text, nullable=False),
    partial_index("ix_offer_sightings_last", "account", "seen_at", where=text("number > 0")),
)
# Which EANs offers have or had, and those of them that several of an account have or had: see
# `emagsync.offers.same_ean_repository`.
offer_eans = Table(
    "offer_eans",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("ean", Text, primary_key=True),
    Column("emag_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
shared_eans = Table(
    "shared_eans",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("ean", Text, primary_key=True),
    sqlite_with_rowid=False,
)
# One row: up to which change they are right.
ean_marks = Table(
    "ean_marks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)
# An account's offers are erased after what is kept of them: what a crash leaves is counted again.
offer_counts.add_is_dependent_on(offers)
offer_sightings.add_is_dependent_on(offers)

# What of it people look for (`change_kinds`), so that a night's changes are counted without reading offers.
notable_changes = Table(
    "notable_changes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("emag_id", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("run_id", String(36)),  # the run's or the push's
    Column("detail", Text),  # of `unsellable`: why, as `offers.not_sellable`
    # What is counted is in the index.
    Index(None, "kind", "at", "account", "emag_id"),
    Index(None, "run_id", "kind", "account", "emag_id"),
)

# Exports under a name. `columns` and `filter` are JSON; one user has one of a name.
export_presets = Table(
    "export_presets",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("format", String(16), nullable=False),
    Column("language", String(8)),
    Column("columns", Text),
    Column("filter", Text),
    Column("is_shared", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "name"),
)
