"""Tools that read: every role has them, and they change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import orjson
from mcp.server.mcpserver import Context
from pydantic import Field

from emagsync.assistants.services import Answer, Caller, ToolServices, caller_of
from emagsync.assistants.working_lists import WORKING_LISTS, ListName, filters_of
from emagsync.core.account_names import AccountName
from emagsync.core.errors import EmagsyncError
from emagsync.offers import product_queries
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.code_repository import CodeKind
from emagsync.offers.explanations import Language
from emagsync.offers.finding import offer_by_code, offer_by_id
from emagsync.offers.product_parameters import ProductListQuery, SortName, accounts_of
from emagsync.offers.product_schemas import StatusName
from emagsync.rest.paging import decode_moment, encode_cursor
from emagsync.rest.timestamps import UtcTimestamp
from emagsync.sync import repository
from emagsync.sync.known_accounts import UnknownAccount, unknown_accounts
from emagsync.sync.schemas import Run, RunStatus

MOST_ROWS: Final = 25
_LARGEST: Final = 2**53
# What an assistant needs of an offer to talk about it; `explain_offer` has the rest.
_BRIEF: Final = (
    "id", "account", "emag_id", "part_number", "part_number_key", "name", "brand", "sale_price", "currency", "stock",
    "status", "sellable", "not_sellable", "sync_status", "buy_button_rank", "last_synced_at",
)  # fmt: skip
_DETAIL: Final = (
    *_BRIEF, "eans", "category_name", "vat_rate", "sale_price_with_vat", "recommended_price", "min_sale_price",
    "max_sale_price", "best_offer_sale_price", "number_of_offers", "handling_time", "removed_at", "pending_edits",
    "effective", "version", "explanation", "reasons", "validation_errors", "remarks", "changes",
)  # fmt: skip
_SHORT: Final = (
    "run_id", "account", "mode", "status", "started_at", "completed_at", "verdict", "reasons", "stored", "copied",
)  # fmt: skip

Account = Annotated[AccountName, Field(description="An account's name; `all` for every one, `both` for main and fbe.")]
Rows = Annotated[int, Field(ge=1, le=MOST_ROWS)]
Skip = Annotated[int, Field(ge=0, le=_LARGEST, description="`next_skip` of the page before.")]
OfferId = Annotated[
    int | None,
    Field(ge=1, le=_LARGEST, description="Its `id`, as `find_offers` gives it; or name it otherwise."),
]
OfAccount = Annotated[
    AccountName | None, Field(description="With `emag_id`: the offer's account. With a code: only of this account.")
]
OfEmagId = Annotated[int | None, Field(ge=1, le=_LARGEST, description="eMAG's id, which is the seller's own.")]
PartNumber = Annotated[str | None, Field(max_length=255, description="Exactly its part number (SKU).")]
PartNumberKey = Annotated[str | None, Field(max_length=255, description="Exactly its PNK.")]
Ean = Annotated[str | None, Field(max_length=255, description="Exactly one of its EANs.")]
AnyRunId = Annotated[str, Field(min_length=1, max_length=64)]


class SeveralRuns(EmagsyncError):
    """The sync has several runs, and one is needed."""

    code = "several_runs"

    def __init__(self, runs: list[Run]) -> None:
        named = ", ".join(f"{run.account} {run.id}" for run in runs)
        super().__init__(f"This sync has several runs, ask for one of them: {named}.")


class OfferNotNamed(EmagsyncError):
    """The offer is named twice, not at all, or by an id whose account is missing."""

    code = "offer_not_named"

    def __init__(self) -> None:
        super().__init__(
            "Name the offer by one of offer_id, emag_id (with account), part_number, part_number_key and ean (with "
            "account, where offers of several accounts have it)."
        )


class NoSuchAccount(EmagsyncError):
    """An account that is neither configured nor in the local copy."""

    code = "unknown_account"

    def __init__(self, name: str, unknown: UnknownAccount) -> None:
        super().__init__(f"account {name!r}: {unknown.message}")


class ReadingTools:
    """The tools' functions. Their names and docstrings are what the assistant reads."""

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    @property
    def tools(self) -> tuple[Any, ...]:
        """All of them."""
        return (
            self.find_offers,
            self.explain_offer,
            self.offer_history,
            self.what_changed,
            self.working_lists,
            self.list_runs,
            self.run_certificate,
            self.freshness,
        )

    async def find_offers(
        self,
        context: Context,
        search: Annotated[
            str | None, Field(max_length=200, description="Words of the name, part number (SKU), PNK, EAN or brand.")
        ] = None,
        account: Account = "all",
        working_list: Annotated[ListName | None, Field(description="One of `working_lists`.")] = None,
        status: list[StatusName] | None = None,
        sellable: bool | None = None,
        reason: Annotated[list[str] | None, Field(description="Codes of `not_sellable`.")] = None,
        brand: list[str] | None = None,
        stock_min: int | None = None,
        stock_max: int | None = None,
        price_min: Annotated[str | None, Field(description="Without VAT.")] = None,
        price_max: Annotated[str | None, Field(description="Without VAT.")] = None,
        change: Annotated[list[ChangeKind] | None, Field(description="Offers to which this happened.")] = None,
        change_since: Annotated[UtcTimestamp | None, Field(description="With `change`: then or later.")] = None,
        sort: SortName = "relevance",
        limit: Rows = 10,
        skip: Skip = 0,
    ) -> Answer:
        """Find offers of the local copy, by words and filters. Prices are without VAT."""
        services = self._services
        await self._expect(account)
        given: dict[str, Any] = {
            "search": search, "status": status, "sellable": sellable, "reason": reason, "brand": brand,
            "stock_min": stock_min, "stock_max": stock_max, "price_min": price_min, "price_max": price_max,
            "change": change, "change_since": change_since,
        }  # fmt: skip
        chosen = {name: value for name, value in given.items() if value is not None}
        listed = filters_of(working_list, services.clock.now()) if working_list is not None else {}
        query = ProductListQuery.model_validate(
            {"account": account, "sort": sort, "limit": limit, "skip": skip} | listed | chosen
        )
        body = await product_queries.read_products(
            services.database,
            query,
            totals=services.totals,
            now=services.clock.now(),
            edits=services.edits_of_offers,
            references=services.references,
        )
        data = orjson.loads(body)["data"]
        total = data["pagination"]["total"]
        caller = caller_of(context, services)
        return {
            "total": total,
            "offers": [_picked(one, _BRIEF) | {"page": _offer_page(caller, one["id"])} for one in data["products"]],
            "next_skip": skip + limit if skip + limit < total else None,
            "page": _list_page(caller, account, working_list, chosen),
        }

    async def explain_offer(
        self,
        context: Context,
        offer_id: OfferId = None,
        language: Language = "en",
        account: OfAccount = None,
        emag_id: OfEmagId = None,
        part_number: PartNumber = None,
        part_number_key: PartNumberKey = None,
        ean: Ean = None,
    ) -> Answer:
        """Everything about one offer: why it is or is not sold, what eMAG objects to, what waits, what changed last."""
        services = self._services
        found = await self._offer(offer_id, account, emag_id, _codes(part_number, part_number_key, ean))
        body, _ = await product_queries.read_product(
            services.database,
            found,
            language=language,
            objections=services.objections,
            now=services.clock.now(),
            edits=services.edits_of_offers,
            references=services.references,
        )
        product = orjson.loads(body)["data"]["product"]
        return _picked(product, _DETAIL) | {"page": _offer_page(caller_of(context, services), found)}

    async def offer_history(
        self,
        context: Context,
        offer_id: OfferId = None,
        limit: Rows = 10,
        before: Annotated[int | None, Field(ge=0, le=_LARGEST, description="`next_before` of the part before.")] = None,
        account: OfAccount = None,
        emag_id: OfEmagId = None,
        part_number: PartNumber = None,
        part_number_key: PartNumberKey = None,
        ean: Ean = None,
    ) -> Answer:
        """What changed of one offer, newest first."""
        found = await self._offer(offer_id, account, emag_id, _codes(part_number, part_number_key, ean))
        changes, next_before = await product_queries.read_changes(
            self._services.database, found, limit=limit, before=before
        )
        page = _offer_page(caller_of(context, self._services), found)
        return {
            "changes": [one.model_dump(mode="json") for one in changes],
            "next_before": next_before,
            "page": page,
        }

    async def what_changed(
        self,
        context: Context,
        since: Annotated[UtcTimestamp | None, Field(description="With a zone; without it, a day ago.")] = None,
        account: Account = "all",
    ) -> Answer:
        """How many offers changed in which way since then, what waits for a person now, and how old the copies are.

        Which offers a number counts: `find_offers` with `change` and `change_since`.
        """
        services = self._services
        await self._expect(account)
        found = await services.home.read(
            services.accounts.names, since=since, accounts=accounts_of(account), account=account
        )
        answer: Answer = found.model_dump(mode="json")
        answer["changes"] = [one for one in answer["changes"] if one["offers"]]
        return answer | {"page": caller_of(context, services).page + "/"}

    async def working_lists(self, context: Context, account: Account = "all") -> Answer:
        """The lists to work through, each with how many offers it has. `find_offers` with `working_list` shows one."""
        services = self._services
        caller = caller_of(context, services)
        lists = []
        for name, (meaning, _) in WORKING_LISTS.items():
            found = await self.find_offers(context, account=account, working_list=name, limit=1)
            lists.append({
                "working_list": name,
                "meaning": meaning,
                "offers": found["total"],
                "page": _list_page(caller, account, name, {}),
            })  # fmt: skip
        return {"lists": lists}

    async def list_runs(
        self,
        context: Context,
        account: Annotated[AccountName | None, Field(description="Only runs of this account.")] = None,
        status: RunStatus | None = None,
        limit: Rows = 10,
        cursor: Annotated[str | None, Field(max_length=1000, description="`next_cursor` of the page before.")] = None,
    ) -> Answer:
        """Sync runs, newest first, also those that are under way."""
        caller = caller_of(context, self._services)
        await self._expect(account)
        runs = await repository.read_runs(
            self._services.database,
            account=None if account == "all" else account,
            status=status,
            before=decode_moment("history", cursor) if cursor is not None else None,
            limit=limit + 1,
        )
        page = runs[:limit]
        more = encode_cursor("history", [page[-1].created_at, page[-1].id]) if len(runs) > limit else None
        return {"runs": [run_brief(run, caller) for run in page], "next_cursor": more}

    async def run_certificate(
        self,
        context: Context,
        run_id: AnyRunId,
        detail: Literal["short", "full"] = "short",
    ) -> Answer:
        """What a run proves about the copy (its certificate): complete or not, and why."""
        services = self._services
        runs = await services.runs.find(run_id)
        if len(runs) > 1:
            raise SeveralRuns(runs)
        certificate = (await services.certificates.of(runs[0].id)).model_dump(mode="json")
        chosen = certificate if detail == "full" else _picked(certificate, _SHORT)
        return chosen | {"page": _run_page(caller_of(context, services), runs[0].id)}

    async def freshness(self, context: Context, account: Account = "all") -> Answer:
        """How old the offers of the copy are, against their targets, and whether the targets can be met."""
        freshness = self._services.freshness
        await self._expect(account)
        names = accounts_of(account) or freshness.accounts
        reports = [(await freshness.report(name)).model_dump(mode="json") for name in names]
        page = caller_of(context, self._services).page
        return {"now": _time(self._services.clock.now()), "accounts": reports, "page": f"{page}/sync"}

    async def _expect(self, account: str | None) -> None:
        """Raises NoSuchAccount for one that nobody knows: it would look like an account without offers."""
        if account is None:
            return
        services = self._services
        unknown = await unknown_accounts(services.database, [account], services.accounts.all_names)
        if unknown:
            raise NoSuchAccount(account, unknown[account])

    async def _offer(
        self, offer_id: int | None, account: str | None, emag_id: int | None, codes: Mapping[CodeKind, str]
    ) -> int:
        """Our id of the offer. Raises OfferNotNamed, NoSuchAccount, OfferNotFound, NoOfferWithCode, and SeveralOffers,
        which names those that have the code."""
        if len(codes) + (offer_id is not None) + (emag_id is not None) != 1:
            raise OfferNotNamed
        await self._expect(account)
        accounts = accounts_of(account)
        if offer_id is not None:
            return offer_id
        if emag_id is not None:
            if len(accounts) != 1:
                raise OfferNotNamed
            return (await offer_by_id(self._services.database, accounts[0], emag_id)).id
        [(kind, code)] = codes.items()
        return (await offer_by_code(self._services.database, kind, code, accounts)).id


def _codes(part_number: str | None, part_number_key: str | None, ean: str | None) -> dict[CodeKind, str]:
    given = {CodeKind.PART_NUMBER: part_number, CodeKind.PART_NUMBER_KEY: part_number_key, CodeKind.EAN: ean}
    return {kind: code for kind, code in given.items() if code is not None}


def run_brief(run: Run, caller: Caller) -> Answer:
    """A run in a few values, with its place on the page."""
    return {
        "run_id": run.id,
        "sync_id": run.sync_id,
        "account": run.account,
        "mode": run.parameters.mode.value,
        "status": run.status.value,
        "dry_run": run.parameters.dry_run,
        "created_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "error_count": len(run.errors),
        "page": _run_page(caller, run.id),
    }


def _time(moment: datetime | None) -> str | None:
    """As the REST API writes it."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _picked(values: dict[str, Any], names: tuple[str, ...]) -> Answer:
    return {name: values[name] for name in names if name in values}


def _offer_page(caller: Caller, offer_id: int) -> str:
    return f"{caller.page}/offers?offer={offer_id}"


def _run_page(caller: Caller, run_id: str) -> str:
    return f"{caller.page}/history/{run_id}"


# Filters by what the page's address calls them; the page has no others of those that `find_offers` takes.
_ON_PAGE: Final = {
    "search": "q", "status": "status", "sellable": "sellable", "stock_max": "stock", "brand": "brand",
    "reason": "reason", "price_min": "price_min", "price_max": "price_max",
}  # fmt: skip


def _list_page(caller: Caller, account: str, working_list: ListName | None, chosen: dict[str, Any]) -> str:
    """The list on the page with the same filters, as far as the page has them."""
    query: list[tuple[str, str]] = [("account", account)] if account not in ("all", "both") else []
    if working_list is not None:
        query.append(("list", working_list))
    for name, value in chosen.items():
        if name in _ON_PAGE:
            query.extend((_ON_PAGE[name], _word(one)) for one in (value if isinstance(value, list) else [value]))
    return f"{caller.page}/offers" + (f"?{urlencode(query)}" if query else "")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
