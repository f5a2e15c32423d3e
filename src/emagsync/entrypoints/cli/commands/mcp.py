"""`emagsync mcp`: the tools for assistants, over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from emagsync.assistants.server import build_server
from emagsync.assistants.services import ToolServices
from emagsync.core.settings import Settings
from emagsync.edits.repository import SOME_WAIT
from emagsync.edits.response_schemas import edits_of
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.accounts import open_accounts
from emagsync.entrypoints.services.edits import build_edit_service
from emagsync.entrypoints.services.execution import open_sync_service
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.entrypoints.services.objections import objections_of
from emagsync.entrypoints.services.push import build_push_service
from emagsync.entrypoints.services.runs import build_freshness_service, build_run_control
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.home.service import HomeService
from emagsync.offers.product_queries import EditsReader, ObjectionReader
from emagsync.offers.reference_data import ReferenceReader
from emagsync.offers.total_cache import TotalCache
from emagsync.reference.names import ReferenceNames
from emagsync.rest.principals import Role
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.dispatch.inline_executor import InlineExecutor
from emagsync.sync.service import SyncService


def mcp(
    context: typer.Context,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only the tools that read.")] = False,
    page: Annotated[
        str | None,
        typer.Option(help="The page's address, for links; else that of EMAGSYNC_HOST and _PORT.", show_default=False),
    ] = None,
) -> None:
    """Serve assistants (MCP) over standard input and output. An assistant's program starts it, and ends it."""
    session = session_of(context)
    if sys.stdin.isatty():
        complain("waiting for an assistant's program on standard input: docs/assistants.md says how one starts this.")
    role = Role.VIEWER if read_only else Role.OPERATOR
    asyncio.run(_serve(session, role, (page or page_of(session.settings)).rstrip("/")))


def page_of(settings: Settings) -> str:
    """Where a browser of this machine finds the page, as far as the settings say it."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104 - compared with
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.port}{settings.root_path}"


async def _serve(session: Session, role: Role, page: str) -> None:
    async with session.foundation() as base, _tool_services(session, base, page) as services:
        await build_server(services, role).run_stdio_async()


@asynccontextmanager
async def _tool_services(session: Session, base: Foundation, page: str) -> AsyncIterator[ToolServices]:
    async with open_accounts(base, session.environment) as emag:
        with open_sync_service(base, emag.registry) as sync:
            executor = _executor(base, sync)
            control = build_run_control(base, emag.registry, sync, executor)
            certificates = Certificates(base.database)
            try:
                yield ToolServices(
                    settings=base.settings,
                    database=base.database,
                    clock=base.clock,
                    accounts=emag.registry,
                    totals=TotalCache(),
                    references=ReferenceReader(ReferenceNames(base.database, base.clock).known),
                    objections=ObjectionReader(objections_of),
                    edits_of_offers=EditsReader(edits_of, SOME_WAIT),
                    home=HomeService(base.database, certificates, base.clock),
                    certificates=certificates,
                    freshness=build_freshness_service(base, emag.registry),
                    runs=control,
                    edits=build_edit_service(base, emag.registry),
                    push=build_push_service(base, emag.registry),
                    page=page,
                )
            finally:
                await control.aclose()
                await executor.aclose()


def _executor(base: Foundation, sync: SyncService) -> InlineExecutor | CeleryExecutor:
    """This process reads what is started here, unless there are workers; a run that its end interrupts goes on when
    the server starts."""
    if base.settings.executor == "celery":
        return CeleryExecutor(sync, CeleryQueue(make_app(base.settings)), base.database, base.clock)
    return InlineExecutor(sync)
