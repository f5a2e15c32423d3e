"""One authorised request as the resources see it."""

from collections.abc import Callable, Sequence
from typing import Any

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer
from emagsync.sandbox.marketplace import Marketplace


class ApiRequest:
    """Who asks for what: the account, the decoded body, the query and the id at the end of the path, if any."""

    def __init__(
        self,
        marketplace: Marketplace,
        account: Account,
        body: dict[str, Any],
        *,
        path_id: int | None = None,
        query: Callable[[str], Sequence[str]] = lambda name: (),
        gzip: bool = False,
    ) -> None:
        self.marketplace, self.account, self.body = marketplace, account, body
        self.path_id, self.query, self.gzip = path_id, query, gzip
        self.served_page: int | None = None


Resource = Callable[[ApiRequest], Answer]
