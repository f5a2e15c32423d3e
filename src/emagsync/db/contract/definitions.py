"""What each view of the contract shows: its columns, what they are, and where in the tables they come from.

**The rule.** Within a version columns and views are only added, columns at the end of their view, and `REVISION` goes
up. What would break a reader (a column that goes, gets another name, type or meaning) makes views of the next version
beside these, named `v2_...`; both stay for a release at least. A change of any definition comes with a step of
`db/migrations`, which may do nothing itself: views are made anew whenever a step is applied.

Sources are of columns of tables as these are now; amounts are in units of 0.0001 on SQLite, as the tables have them.
Names are those of the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

VERSION: Final = 1
REVISION: Final = 1

# The view by which a reader finds out which contract it reads; whoever may read it is a reader of all views.
CONTRACT_VIEW: Final = "v_contract"


class Kind(StrEnum):
    """What a column is, for readers of both databases; `rendering` has the type of each."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"  # not exact: seconds
    AMOUNT = "amount"  # exact, four decimals
    TRUTH = "truth"
    TIME = "time"  # a moment, in UTC
    DAY = "day"
    JSON = "JSON"
    JSON_OF_CODES = "JSON list of codes"  # stored with spaces between


# SQL that both databases understand, or that of each by the dialect's name.
Sql = str | Mapping[str, str]


class ViewColumn(NamedTuple):
    """A column: its name, what it is, the SQL of its value, and what it means."""

    name: str
    kind: Kind
    source: Sql
    meaning: str = ""


class View(NamedTuple):
    """A view: its name, what a row of it is, its columns in order, and the rest of its SELECT."""

    name: str
    row: str
    columns: tuple[ViewColumn, ...]
    rest: Sql


_AMOUNT_FIELDS: Final = (
    "'sale_price', 'recommended_price', 'min_sale_price', 'max_sale_price', 'best_offer_sale_price', 'main_offer_price'"
)
# An amount of the change log was in the currency that the next change of the currency replaced, or in the present one.
_CURRENCY_AT: Final = (
    "CASE WHEN changes.{value} IS NULL OR changes.field NOT IN ({amounts}) THEN NULL "
    "WHEN EXISTS (SELECT 1 FROM offer_changes AS later WHERE {later}) "
    "THEN (SELECT later.old FROM offer_changes AS later WHERE {later} ORDER BY later.seq LIMIT 1) "
    "ELSE offers.currency END"
)
# The field is written as in the condition of the partial index.
_LATER: Final = (
    "later.account = changes.account AND later.emag_id = changes.emag_id AND later.field = 'currency' "
    "AND later.at {when} changes.at"
)
_STATUS_NAME: Final = (
    "CASE offers.status WHEN 0 THEN 'inactive' WHEN 1 THEN 'active' WHEN 2 THEN 'end_of_life' ELSE NULL END"
)
_RATE: Final = (
    "(SELECT rates.rate FROM vat_rates AS rates WHERE rates.account = offers.account AND rates.vat_id = offers.vat_id "
    "ORDER BY rates.since DESC LIMIT 1)"
)
# As `core.money.with_vat`: half of the last decimal goes up. On SQLite in whole units.
_WITH_VAT: Final = {
    "postgresql": f"round(offers.sale_price * (1 + {_RATE}), 4)",
    # Whole and rest apart: the product of both would not fit.
    "sqlite": f"offers.sale_price + offers.sale_price / 10000 * {_RATE} + (offers.sale_price % 10000 * {_RATE} "
    "+ CASE WHEN offers.sale_price < 0 THEN -5000 ELSE 5000 END) / 10000",
}
_CATEGORY: Final = (
    "(SELECT categories.name FROM categories WHERE categories.account = offers.account "
    "AND categories.category_id = offers.category_id)"
)


_PLACE_OF_EAN: Final = {"sqlite": "codes.key + 1", "postgresql": "codes.position"}
_DRY_RUN: Final = {
    "postgresql": "COALESCE((runs.parameters ->> 'dry_run')::boolean, false)",
    "sqlite": "COALESCE(json_extract(runs.parameters, '$.dry_run'), 0)",
}


def _currency(*, of: str, when: str) -> str:
    """What an amount of the change log, `old` or `new`, is in; null of what is no amount."""
    return _CURRENCY_AT.format(value=of, amounts=_AMOUNT_FIELDS, later=_LATER.format(when=when))


def _of(table: str, kind: Kind, *names: str) -> tuple[ViewColumn, ...]:
    """Columns that a table has under the same names."""
    return tuple(ViewColumn(name, kind, f"{table}.{name}") for name in names)


def _offer_columns() -> tuple[ViewColumn, ...]:
    text, whole, amount, time = Kind.TEXT, Kind.WHOLE, Kind.AMOUNT, Kind.TIME
    return (
        ViewColumn("id", whole, "offers.id", "ours; it never changes"),
        ViewColumn("account", text, "offers.account", "the account's name"),
        ViewColumn("emag_id", whole, "offers.emag_id", "the seller's own id, unique within the account"),
        ViewColumn("part_number", text, "offers.part_number", "the seller's code (SKU); may repeat"),
        ViewColumn("part_number_key", text, "offers.part_number_key", "eMAG's key of the product (PNK)"),
        ViewColumn("name", text, "offers.name", "of the product"),
        ViewColumn("brand", text, "offers.brand", "of the product"),
        ViewColumn("sale_price", amount, "offers.sale_price", "without VAT, in `currency`"),
        ViewColumn("currency", text, "offers.currency", "of all amounts of the row"),
        ViewColumn("currency_type", text, "offers.currency_type", "what the price is kept in where that is another"),
        ViewColumn("stock", whole, "offers.stock", "the sum over warehouses"),
        ViewColumn("status", text, _STATUS_NAME, "`active`, `inactive`, `end_of_life`; null for any other number"),
        ViewColumn("status_code", whole, "offers.status", "eMAG's number"),
        ViewColumn("sellable", Kind.TRUTH, "offers.sellable", "whether it is on sale"),
        ViewColumn("not_sellable", Kind.JSON_OF_CODES, "offers.not_sellable", "what keeps it from sale: stable codes"),
        ViewColumn("category_id", whole, "offers.category_id", "eMAG's number"),
        ViewColumn("category_name", text, _CATEGORY, "what `category_id` is called; null until it was read"),
        ViewColumn("eans", Kind.JSON, "offers.eans", "a list of texts; one row each: `v_offer_eans`"),
        ViewColumn("main_image", text, "offers.main_image", "an address; all images: `v_offer_payloads`"),
        ViewColumn("recommended_price", amount, "offers.recommended_price", "without VAT"),
        ViewColumn("min_sale_price", amount, "offers.min_sale_price", "without VAT"),
        ViewColumn("max_sale_price", amount, "offers.max_sale_price", "without VAT"),
        ViewColumn("best_offer_sale_price", amount, "offers.best_offer_sale_price", "the lowest of all sellers"),
        ViewColumn("main_offer_price", amount, "offers.main_offer_price", "of the offer that leads the product page"),
        ViewColumn("buy_button_rank", whole, "offers.buy_button_rank", "1: this offer gets the sale"),
        ViewColumn("number_of_offers", whole, "offers.number_of_offers", "how many sellers offer the product"),
        ViewColumn("vat_id", whole, "offers.vat_id", "eMAG's number"),
        ViewColumn("vat_rate", amount, _RATE, "what `vat_id` means now: 0.2100 is 21 %; null until it was read"),
        ViewColumn("sale_price_with_vat", amount, _WITH_VAT, "to four decimals; null where the rate is not known"),
        ViewColumn("estimated_stock", whole, "offers.estimated_stock", "as eMAG has it"),
        ViewColumn("handling_time", whole, "offers.handling_time", "days, the longest of any warehouse"),
        ViewColumn("warranty", whole, "offers.warranty", "months"),
        ViewColumn("validation_status", whole, "offers.validation_status", "eMAG's number, of the documentation"),
        ViewColumn("translation_validation_status", whole, "offers.translation_validation_status", "eMAG's number"),
        ViewColumn("offer_validation_status", whole, "offers.offer_validation_status", "eMAG's number, of the price"),
        ViewColumn("ownership", whole, "offers.ownership", "as eMAG has it"),
        ViewColumn("genius_eligibility", whole, "offers.genius_eligibility", "as eMAG has it"),
        ViewColumn("genius_eligibility_type", whole, "offers.genius_eligibility_type", "as eMAG has it"),
        ViewColumn("genius_computed", whole, "offers.genius_computed", "as eMAG has it"),
        ViewColumn("created_at", time, "offers.first_seen_at", "when it was seen first"),
        ViewColumn("updated_at", time, "offers.changed_at", "when its content was last seen to be another"),
        ViewColumn("last_synced_at", time, "offers.last_seen_at", "when it was seen last"),
        ViewColumn("removed_at", time, "offers.removed_at", "when eMAG was found not to know it any more"),
    )


_ALL_OFFERS: Final = _offer_columns()
# The offer that something is about: its own columns, which are null where it is not in the copy any more.
_THE_OFFER: Final = (
    ViewColumn("product_id", Kind.WHOLE, "offers.id", "`id` of `v_offers`"),
    ViewColumn("part_number", Kind.TEXT, "offers.part_number", "as the offer has it now"),
)

VIEWS: Final = (
    View(
        CONTRACT_VIEW,
        "the contract; one row in all",
        (
            ViewColumn("version", Kind.WHOLE, str(VERSION), "another one breaks readers, and has views of other names"),
            ViewColumn("revision", Kind.WHOLE, str(REVISION), "goes up when columns or views are added"),
        ),
        "",
    ),
    View(
        "v_offers",
        "an offer that eMAG has",
        tuple(column for column in _ALL_OFFERS if column.name != "removed_at"),
        "FROM offers WHERE offers.removed_at IS NULL",
    ),
    View(
        "v_removed_offers",
        "an offer that eMAG does not know any more, as it was last",
        _ALL_OFFERS,
        "FROM offers WHERE offers.removed_at IS NOT NULL",
    ),
    View(
        "v_offer_eans",
        "an EAN of an offer that eMAG has",
        (
            ViewColumn("account", Kind.TEXT, "offers.account", "key, with `emag_id` and `position`"),
            ViewColumn("emag_id", Kind.WHOLE, "offers.emag_id", "of the offer"),
            ViewColumn("position", Kind.WHOLE, _PLACE_OF_EAN, "1 is the first of the offer's"),
            ViewColumn("ean", Kind.TEXT, {"sqlite": "codes.value", "postgresql": "codes.ean"}, "the barcode"),
            *_THE_OFFER,
        ),
        {
            "sqlite": "FROM offers JOIN json_each(offers.eans) AS codes WHERE offers.removed_at IS NULL",
            "postgresql": "FROM offers CROSS JOIN LATERAL json_array_elements_text(offers.eans::json) "
            "WITH ORDINALITY AS codes (ean, position) WHERE offers.removed_at IS NULL",
        },
    ),
    View(
        "v_offer_payloads",
        "an offer as eMAG sent it, removed ones too",
        (
            ViewColumn("account", Kind.TEXT, "offer_payloads.account", "key, with `emag_id`"),
            ViewColumn("emag_id", Kind.WHOLE, "offer_payloads.emag_id", "of the offer"),
            ViewColumn("payload", Kind.JSON, "offer_payloads.payload", "every field, also those we do not know"),
            ViewColumn("stored_at", Kind.TIME, "offer_payloads.stored_at", "written when the content changed"),
        ),
        "FROM offer_payloads",
    ),
    View(
        "v_changes",
        "a change of a field of an offer; `seq` only grows",
        (
            ViewColumn("seq", Kind.WHOLE, "changes.seq", "key; remember the last one"),
            ViewColumn("account", Kind.TEXT, "changes.account", "of the offer"),
            ViewColumn("emag_id", Kind.WHOLE, "changes.emag_id", "of the offer"),
            *_THE_OFFER,
            ViewColumn(
                "field", Kind.TEXT, "changes.field", "`sale_price`, `stock`, ...; `lifecycle`: `created`, `removed`, "
                "`returned`",
            ),
            ViewColumn("old", Kind.TEXT, "changes.old", "text: amounts with four decimals, `true` and `false`"),
            ViewColumn("new", Kind.TEXT, "changes.new", "the same"),
            ViewColumn(
                "old_currency", Kind.TEXT, _currency(of="old", when=">="),
                "of an amount: what `old` is in",
            ),
            ViewColumn(
                "currency", Kind.TEXT, _currency(of="new", when=">"),
                "of an amount: what `new` is in",
            ),
            ViewColumn("at", Kind.TIME, "changes.at", "when it was seen"),
            ViewColumn("source", Kind.TEXT, "changes.source", "`sync`, or who else changed it"),
            ViewColumn("run_id", Kind.TEXT, "changes.run_id", "`id` of `v_runs`, or of a push"),
        ),
        "FROM offer_changes AS changes "
        "LEFT JOIN offers ON offers.account = changes.account AND offers.emag_id = changes.emag_id",
    ),
    View(
        "v_runs",
        "a run: one reading of an account's list",
        (
            ViewColumn("id", Kind.TEXT, "runs.id", "key"),
            ViewColumn("sync_id", Kind.TEXT, "runs.sync_id", "shared by the runs of one request"),
            ViewColumn("account", Kind.TEXT, "runs.account", "what was read"),
            ViewColumn("mode", Kind.TEXT, "runs.mode", "`full`, `incremental`, `selective`"),
            ViewColumn(
                "status", Kind.TEXT, "runs.status", "`queued`, `running`, `interrupted`; `completed`, `partial`, "
                "`failed`, `cancelled`",
            ),
            ViewColumn("dry_run", Kind.TRUTH, _DRY_RUN, "whether it only told what would change"),
            ViewColumn("triggered_by", Kind.TEXT, "runs.trigger", "who started it"),
            ViewColumn("created_at", Kind.TIME, "runs.created_at", "when it was asked for"),
            ViewColumn("started_at", Kind.TIME, "runs.started_at", "null until it began"),
            ViewColumn("completed_at", Kind.TIME, "runs.finished_at", "null until it ended, however it did"),
            ViewColumn("total_items", Kind.WHOLE, "runs.total_items", "offers, as eMAG counts them"),
            ViewColumn("processed_items", Kind.WHOLE, "runs.processed", "offers that were read"),
            ViewColumn("created_items", Kind.WHOLE, "runs.created", "of these, new ones"),
            ViewColumn("updated_items", Kind.WHOLE, "runs.updated", "changed ones"),
            ViewColumn("unchanged_items", Kind.WHOLE, "runs.unchanged", "and others"),
            ViewColumn("removed_items", Kind.WHOLE, "runs.removed", "offers that eMAG does not know any more"),
            ViewColumn("failed_items", Kind.WHOLE, "runs.failed", "offers that could not be stored"),
            ViewColumn("pages_read", Kind.WHOLE, "runs.pages_read", "pages of the list"),
            ViewColumn("api_requests_made", Kind.WHOLE, "runs.requests", "requests to eMAG"),
            ViewColumn("rate_limit_hits", Kind.WHOLE, "runs.rate_limit_hits", "of these, refused for the limit"),
            ViewColumn("wait_seconds", Kind.NUMBER, "runs.wait_seconds", "waited for the limit"),
            ViewColumn("attempt", Kind.WHOLE, "runs.attempt", "1, and more where it was interrupted"),
            ViewColumn("error_count", Kind.WHOLE, "runs.error_count", "what was not stored, and why: `errors`"),
            ViewColumn("errors", Kind.JSON, "runs.errors", "a list of objects, the first of them"),
            ViewColumn("resumed_from", Kind.TEXT, "runs.resumed_from", "the run that it goes on with"),
        ),
        "FROM sync_runs AS runs",
    ),
    View(
        "v_edits",
        "a value that somebody here wanted for a field of an offer",
        (
            *_of("edits", Kind.WHOLE, "id"),
            *_of("edits", Kind.TEXT, "account"),
            *_of("edits", Kind.WHOLE, "emag_id"),
            *_THE_OFFER,
            ViewColumn("field", Kind.TEXT, "edits.field", "`sale_price`, `stock`, ..."),
            ViewColumn("warehouse_id", Kind.WHOLE, "NULLIF(edits.warehouse_id, 0)", "of `stock` and `handling_time`"),
            ViewColumn("kind", Kind.TEXT, "edits.kind", "`absolute`, or `relative` (`+5`)"),
            ViewColumn("base", Kind.TEXT, "edits.base", "what eMAG had: text, amounts with four decimals"),
            ViewColumn("value", Kind.TEXT, "edits.value", "what is wanted: the same"),
            ViewColumn("currency", Kind.TEXT, "edits.currency", "of a price: what `base` and `value` are in"),
            ViewColumn(
                "state", Kind.TEXT, "edits.state", "`open`, `conflict` wait; `applied`: eMAG has it; others did not "
                "come to be",
            ),
            ViewColumn("reason", Kind.TEXT, "edits.reason", "why it ended, in English"),
            ViewColumn("reason_code", Kind.TEXT, "edits.reason_code", "the same for programs"),
            ViewColumn("confirmed", Kind.TRUTH, "edits.confirmed", "an unusual value that somebody confirmed"),
            ViewColumn("made_by", Kind.TEXT, "edits.made_by", "who"),
            ViewColumn("made_at", Kind.TIME, "edits.made_at", "when"),
            ViewColumn("source", Kind.TEXT, "edits.source", "`api`, `page`, `cli`, `bulk`, `source`, ..."),
            ViewColumn("batch_id", Kind.TEXT, "edits.batch_id", "shared by the edits of one request"),
            ViewColumn(
                "emag_changed_at", Kind.TIME, "edits.emag_changed_at", "when eMAG's value was first seen to be another"
            ),
            ViewColumn("closed_at", Kind.TIME, "edits.closed_at", "null while it waits"),
            ViewColumn("closed_by_run", Kind.TEXT, "edits.closed_by_run", "the run or the push that ended it"),
            ViewColumn("closed_value", Kind.TEXT, "edits.closed_value", "what eMAG had then"),
            ViewColumn("remarks", Kind.TEXT, "edits.remarks", "eMAG's words when it took it"),
        ),
        "FROM local_edits AS edits "
        "LEFT JOIN offers ON offers.account = edits.account AND offers.emag_id = edits.emag_id",
    ),
    View(
        "v_conflicts",
        "a value that was edited here and changed on eMAG, for a person to decide",
        (
            *_of("conflicts", Kind.WHOLE, "id"),
            *_of("conflicts", Kind.TEXT, "account"),
            *_of("conflicts", Kind.WHOLE, "emag_id"),
            *_THE_OFFER,
            ViewColumn("field", Kind.TEXT, "conflicts.field", "`sale_price`, `stock`, ..."),
            ViewColumn("warehouse_id", Kind.WHOLE, "NULLIF(conflicts.warehouse_id, 0)", "as in `v_edits`"),
            ViewColumn("edit_id", Kind.WHOLE, "conflicts.edit_id", "`id` of `v_edits`"),
            ViewColumn("base", Kind.TEXT, "conflicts.base", "what both sides started from"),
            ViewColumn("local", Kind.TEXT, "conflicts.local", "what is wanted here"),
            ViewColumn("emag", Kind.TEXT, "conflicts.emag", "what eMAG has, as it was seen last"),
            ViewColumn("currency", Kind.TEXT, "conflicts.currency", "of a price: what `base` and `local` are in"),
            ViewColumn("emag_currency", Kind.TEXT, "conflicts.emag_currency", "and what `emag` is in"),
            ViewColumn("opened_at", Kind.TIME, "conflicts.opened_at", "when"),
            ViewColumn("run_id", Kind.TEXT, "conflicts.run_id", "`id` of `v_runs`"),
            ViewColumn("state", Kind.TEXT, "conflicts.state", "`open` or `resolved`"),
            ViewColumn("resolution", Kind.TEXT, "conflicts.resolution", "`emag`, `local`, `other`, or what ended it"),
            ViewColumn("value", Kind.TEXT, "conflicts.value", "what it was decided to be"),
            ViewColumn("resolved_by", Kind.TEXT, "conflicts.resolved_by", "who"),
            ViewColumn("resolved_at", Kind.TIME, "conflicts.resolved_at", "when"),
        ),
        "FROM conflicts "
        "LEFT JOIN offers ON offers.account = conflicts.account AND offers.emag_id = conflicts.emag_id",
    ),
    View(
        "v_accounts",
        "an account that has been added or read",
        (
            ViewColumn("account", Kind.TEXT, "names.account", "key"),
            ViewColumn("platform", Kind.TEXT, "added.platform", "`emag-ro`, ...; null: its settings are elsewhere"),
            ViewColumn("offers", Kind.WHOLE, "COALESCE(counts.number, 0)", "that eMAG has"),
            ViewColumn(
                "last_completed_at", Kind.TIME, "(SELECT max(runs.finished_at) FROM sync_runs AS runs "
                "WHERE runs.account = names.account AND runs.status = 'completed')",
                "when a run last completed, of any mode",
            ),
            ViewColumn(
                "last_full_at", Kind.TIME, "(SELECT max(runs.finished_at) FROM sync_runs AS runs "
                "WHERE runs.account = names.account AND runs.status = 'completed' AND runs.mode = 'full')",
                "when a full run last completed",
            ),
            ViewColumn("let_in_at", Kind.TIME, "contacts.let_in_at", "when eMAG last took a call of the account"),
            ViewColumn("failed_at", Kind.TIME, "contacts.failed_at", "when a call last failed"),
        ),
        "FROM (SELECT name AS account FROM accounts UNION SELECT account FROM account_contacts "
        "UNION SELECT account FROM sync_runs UNION SELECT account FROM offer_counts) AS names "
        "LEFT JOIN accounts AS added ON added.name = names.account "
        "LEFT JOIN account_contacts AS contacts ON contacts.account = names.account "
        "LEFT JOIN offer_counts AS counts ON counts.account = names.account AND counts.what = 'offers'",
    ),
    View(
        "v_vat_rates",
        "what a number of a VAT rate meant from a day on; the newest one holds now",
        (
            *_of("vat_rates", Kind.TEXT, "account"),
            *_of("vat_rates", Kind.WHOLE, "vat_id"),
            ViewColumn("since", Kind.DAY, "vat_rates.since", "the first day, in eMAG's country"),
            ViewColumn("vat_rate", Kind.AMOUNT, "vat_rates.rate", "a fraction: 0.2100 is 21 %"),
            ViewColumn("name", Kind.TEXT, "vat_rates.name", "eMAG's, mostly null"),
        ),
        "FROM vat_rates",
    ),
    View(
        "v_categories",
        "a category of eMAG's",
        (
            *_of("categories", Kind.TEXT, "account"),
            *_of("categories", Kind.WHOLE, "category_id"),
            ViewColumn("category_name", Kind.TEXT, "categories.name", "eMAG's"),
            ViewColumn("parent_id", Kind.WHOLE, "categories.parent_id", "`category_id` of the one above"),
        ),
        "FROM categories",
    ),
    View(
        "v_histories",
        "a history of the database: the first, and one more after each restore from a backup",
        (
            ViewColumn("number", Kind.WHOLE, "histories.number", "the highest one is the present one"),
            ViewColumn("history", Kind.TEXT, "histories.id", "what cursors of the change feed begin with"),
            ViewColumn("began_at", Kind.TIME, "histories.began_at", "when"),
            ViewColumn("forked_at", Kind.WHOLE, "histories.forked_at", "changes up to this `seq` are of it too"),
            ViewColumn("starts_after", Kind.WHOLE, "histories.starts_after", "its own have a higher `seq`"),
        ),
        "FROM histories",
    ),
)  # fmt: skip
