"""Failures of tools, in plain words for the assistant: without tracebacks, and without what is only for operators."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from fastapi.exceptions import RequestValidationError
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from emagsync.core.errors import EmagsyncError
from emagsync.rest.texts import refuse_unusable

P = ParamSpec("P")
Answer = dict[str, Any]


def in_plain_words(tool: Callable[P, Awaitable[Answer]]) -> Callable[P, Awaitable[Answer]]:
    """`tool`, whose refusals become tool errors of one line. Arguments with texts that nothing can store are refused
    before it is called."""

    @functools.wraps(tool)
    async def told(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            refuse_unusable({name: value for name, value in kwargs.items() if isinstance(value, str | list)})
            return await tool(*args, **kwargs)
        except EmagsyncError as error:
            raise ToolError(error.http_detail or str(error)) from error
        except ValidationError as error:
            raise ToolError(_listed(error.errors(include_url=False))) from error
        except RequestValidationError as error:
            raise ToolError(_listed(error.errors())) from error

    return told


def _listed(errors: Any) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}" for one in errors)
