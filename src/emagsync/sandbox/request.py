"""One authorised request as the resources see it."""

from collections.abc import Callable, Sequence
from typing import Any

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer, Refusal
from emagsync.sandbox.marketplace import Marketplace


class ApiRequest:
    """Who asks for what: the account, the decoded body, the query and the id at the end of the path, if any.

    ``content`` is the body as it came (any JSON), ``body`` the same where an object is due.
    """

    def __init__(
        self,
        marketplace: Marketplace,
        account: Account,
        content: Any,
        *,
        path_id: int | None = None,
        query: Callable[[str], Sequence[str]] = lambda name: (),
        gzip: bool = False,
    ) -> None:
        self.marketplace, self.account, self.content = marketplace, account, content
        self.path_id, self.query, self.gzip = path_id, query, gzip
        self.served_page: int | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The keys of the body. Raises :class:`Refusal` when it is no object."""
        if not isinstance(self.content, dict):
            raise Refusal("Invalid request: the body must be a JSON object")
        return self.content


Resource = Callable[[ApiRequest], Answer]
