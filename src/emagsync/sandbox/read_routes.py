"""``product_offer/read``, ``product_offer/count`` and ``documentation/find_by_eans``: what the account's offers are."""

from typing import Any, Final

from emagsync.sandbox.answers import Answer, Refusal, by_key, success
from emagsync.sandbox.filters import LARGEST_PAGE, Filters, Page, offer_filters, page_of
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.settings import EanPermission, Paging, Settings

MOST_EANS: Final = 100


def read_offers(request: ApiRequest) -> Answer:
    """A page of offers; past the end it is empty."""
    market, account = request.marketplace, request.account
    asked, filters = page_of(request.body), _heeded_filters(request)
    page = _paged(asked, len(account.view(filters)), market.settings.paging)
    if request.served_page is not None:
        page = page._replace(number=request.served_page)
    answer = market.pages.page(account, filters, page, market.settings, request.gzip)
    if all(name == "status" for name, _ in filters):
        account.reads += 1
        market.triggers.page_answered(account, asked.number)
    return answer


def count_offers(request: ApiRequest) -> Answer:
    """How many offers and pages match, in the shape that the settings ask for."""
    return success(
        count_results(
            len(request.account.view(_heeded_filters(request))),
            page_of(request.body).size,
            request.marketplace.settings,
        )
    )


def _heeded_filters(request: ApiRequest) -> Filters:
    """The filters that are not ignored by the settings (``all``: none is heeded)."""
    ignored = request.marketplace.settings.ignored_filters
    return tuple(
        (name, value) for name, value in offer_filters(request.body) if name not in ignored and "all" not in ignored
    )


def _paged(asked: Page, rows: int, paging: Paging) -> Page:
    """The page that is served for the page that was asked for."""
    match paging:
        case "first_rows":
            return Page(1, LARGEST_PAGE)
        case "first_page":
            return asked._replace(number=1)
        case "all_rows":
            return Page(1, max(1, rows))
        case "last_page":
            return asked._replace(number=min(asked.number, max(1, -(-rows // asked.size))))
        case _:
            return asked


def count_results(items: int, size: int, settings: Settings) -> Any:
    """The ``results`` of a count: numbers as text [seen], or another shape that has been met."""
    shape = settings.count_shape
    items = max(0, items + {"too_low": -settings.count_offset, "too_high": settings.count_offset}.get(shape, 0))
    items = 0 if shape == "zero" else items
    pages = -(-items // size)
    numbers = {"noOfItems": items, "noOfPages": pages, "itemsPerPage": size}
    text = {name: str(number) for name, number in numbers.items()}
    shapes: dict[str, Any] = {"numbers": numbers, "list": [text], "missing": {}, "null": None}
    return shapes.get(shape, text)


def find_by_eans(request: ApiRequest) -> Answer:
    """The catalogue's products by EAN: ``{ean: {"products": [...]}}``; EANs beyond 100 are ignored with a message."""
    given = list(dict.fromkeys(request.query("eans[]")))
    if not given:
        raise Refusal("At least one EAN is expected in eans[]")
    wanted, ignored = set(given[:MOST_EANS]), given[MOST_EANS:]
    found: dict[str, Any] = {}
    for row in request.account.rows():
        for ean in sorted(wanted & _eans(row)):
            product = _found(row, ean, request.marketplace.settings.ean_permission)
            found.setdefault(ean, {"products": []})["products"].append(product)
    messages = [f"Maximum {MOST_EANS} EANs are allowed, {len(ignored)} were ignored"] if ignored else []
    return success(by_key(found), messages)


def _eans(row: dict[str, Any]) -> set[str]:
    eans = row.get("ean") or []
    return {eans} if isinstance(eans, str) else {str(ean) for ean in eans}


def _found(row: dict[str, Any], ean: str, permission: EanPermission) -> dict[str, Any]:
    images, family = row.get("images"), row.get("family")
    first = images[0] if isinstance(images, list) and images else None
    return {
        "ean": ean,
        "part_number_key": row.get("part_number_key"),
        "product_name": row.get("name"),
        "brand_name": row.get("brand_name"),
        "category_name": family.get("name") if isinstance(family, dict) else None,
        "doc_category_id": row.get("category_id"),
        "site_url": row.get("url") or "",
        permission: False,
        "vendor_has_offer": True,
        "hotness": None,
        "product_image": first.get("url") if isinstance(first, dict) else None,
    }
