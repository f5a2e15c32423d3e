"""`emagsync demo`: a simulated marketplace, two accounts copied from it, the page, and what to try next."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from emagsync.core.edit_rules import ConflictStrategy
from emagsync.core.errors import SettingsError
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.states import EditSource
from emagsync.edits.storing import Author
from emagsync.entrypoints.api.static import BUILT
from emagsync.entrypoints.cli.commands.serve import run
from emagsync.entrypoints.cli.commands.sync import display_for, sync_accounts
from emagsync.entrypoints.cli.demo_days import CONFLICTING, DemoDays, EarlierClock
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.options import GlobalOptions
from emagsync.entrypoints.cli.output.progress import Display, SilentDisplay
from emagsync.entrypoints.cli.output.summary import print_summary
from emagsync.entrypoints.cli.program import program
from emagsync.entrypoints.cli.session import Session
from emagsync.entrypoints.services.edits import build_edit_service
from emagsync.offers.errors import OfferNotFound
from emagsync.sandbox.process import SandboxProcess, start_sandbox
from emagsync.sandbox.settings import SandboxError
from emagsync.sync.schemas import Mode, RunParameters

DEMO_FOLDER = Path(".demo")
ENV_FILE = "demo.env"
_LATENCY_MS = 120
_USUAL_PORT = 8000
# An account whose password eMAG refuses.
_FAILING = "outlet"
_FIRST_COPY, _YESTERDAY, _EVENING, _NIGHT = (timedelta(hours=hours) for hours in (44, 20, 16, 5))
_ADMIN = "admin"
_ADMIN_PASSWORD = "oferte-de-proba"  # noqa: S105 - of a copy of invented offers, on this machine only


def demo(
    context: typer.Context,
    main_offers: Annotated[int, typer.Option(min=0, max=250_000, help="Offers of the account main.")] = 2545,
    fbe_offers: Annotated[int, typer.Option(min=0, max=250_000, help="Offers of the account fbe.")] = 1200,
    serve: Annotated[bool, typer.Option(help="Leave the page and the API running until Ctrl-C.")] = True,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Of the page; otherwise 8000, or a free one.", show_default=False),
    ] = None,
) -> None:
    """Start a simulated marketplace, copy it and show the page.

    It has two accounts, a third whose password eMAG refuses, eMAG's own request limit, and two days of changes behind
    it. The page runs until Ctrl-C, unless --no-serve is given. The copy is in .demo in this folder, unless --data-dir
    says else.
    """
    folder = (context.find_root().params.get("data_dir") or DEMO_FOLDER).expanduser().absolute()
    sizes = {"main": main_offers, "fbe": fbe_offers}
    try:
        sandbox = start_sandbox(
            [f"{name}:{_password(name)}:{size}" for name, size in sizes.items()], ["--latency-ms", str(_LATENCY_MS)]
        )
    except SandboxError as error:
        complain(error)
        raise typer.Exit(ExitCode.FAILED) from None
    with sandbox:
        typer.echo(f"A simulated eMAG marketplace answers at {sandbox.api_url}. Copying {' and '.join(sizes)} ...")
        session = _demo_session(folder, sandbox, (*sizes, _FAILING))
        kept = session.settings.sqlite_path
        is_new = kept is None or not kept.exists()
        days = DemoDays(sandbox, sizes)
        days.prepare()
        code = _live_two_days(session, tuple(sizes), days) if is_new else _copy_again(session, tuple(sizes), days)
        if code is ExitCode.COMPLETED:
            _suggest(folder)
            if serve:
                _serve(session, _usual_or_free_port() if port is None else port)
    raise typer.Exit(code)


def _live_two_days(session: Session, names: tuple[str, ...], days: DemoDays) -> ExitCode:
    """The first copy, as of the day before yesterday, and what happened since: by clocks that are set back."""
    code = _sync(session, names, _FIRST_COPY, quiet=False)
    if code is not ExitCode.COMPLETED:
        return code
    typer.echo("Two days pass: orders, other prices, a conflict, and a night in which too much changes ...")
    days.yesterday()
    _sync(session, names, _YESTERDAY)
    asyncio.run(_edit(session))
    days.night()
    _sync(session, (_FAILING,), _NIGHT)
    return _sync(session, names, timedelta())


def _copy_again(session: Session, names: tuple[str, ...], days: DemoDays) -> ExitCode:
    """The marketplace is made anew each time: with the same two days behind it, nothing has changed."""
    days.yesterday()
    days.night()
    return _sync(session, names, timedelta(), quiet=False)


def _sync(session: Session, names: tuple[str, ...], ago: timedelta, *, quiet: bool = True) -> ExitCode:
    parameters = RunParameters(mode=Mode.FULL, conflict_strategy=ConflictStrategy.MANUAL)
    display: Display = SilentDisplay() if quiet else display_for(names, quiet=False)
    clock = EarlierClock(ago)
    outcomes = asyncio.run(sync_accounts(session, names, parameters, str(uuid.uuid4()), display, clock=clock))
    if not quiet:
        print_summary(outcomes)
    return gravest(outcome.exit_code for outcome in outcomes)


async def _edit(session: Session) -> None:
    """The shop changes a price of each account; nothing is sent, so that they meet what eMAG changes."""
    async with session.foundation(clock=EarlierClock(_EVENING)) as base:
        edits = build_edit_service(base, session.accounts)
        for account in ("main", "fbe"):
            request = ChangeRequest({"sale_price": "114.90"}, confirm=True)
            with suppress(OfferNotFound):  # a demo without offers
                await edits.edit_offer(account, CONFLICTING, request, Author(_ADMIN, EditSource.PAGE))


def _serve(session: Session, port: int) -> None:
    typer.echo(_where(port, has_page=(BUILT / "index.html").is_file()))
    run(session, port=port)


def _where(port: int, *, has_page: bool) -> str:
    """Where the page and the API are; an installation that was made without Node has no page."""
    address = f"http://127.0.0.1:{port}"
    user = f"{_ADMIN} with the password {_ADMIN_PASSWORD}. Ctrl-C ends the demo."
    if has_page:
        return f"\nThe page is at {address}\nLog in as {user}"
    return (
        "\nThe page was left out, since it needs Node 20.19 or newer: install Node and do the same again.\n"
        f"Everything else works. The API is at {address}/docs, for {user}"
    )


def _usual_or_free_port() -> int:
    for port in (_USUAL_PORT, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = listener.getsockname()[1]
            return found
    return 0


def _demo_session(folder: Path, sandbox: SandboxProcess, names: tuple[str, ...]) -> Session:
    """A session that knows nothing of the real accounts and the real database of whoever tries the demo."""
    variables = {
        "EMAGSYNC_DATA_DIR": str(folder),
        "EMAGSYNC_ADMIN_PASSWORD": _ADMIN_PASSWORD,
        "EMAGSYNC_HTTP__TRUST_ENV": "false",  # no proxy knows the way to this machine's own marketplace
    }
    for name in names:
        variables[f"EMAG_{name.upper()}_USERNAME"] = name
        variables[f"EMAG_{name.upper()}_PASSWORD"] = _password(name)
        variables[f"EMAG_{name.upper()}_BASE_URL"] = sandbox.api_url
    for variable in [name for name in os.environ if name.upper().startswith(("EMAG_", "EMAGSYNC_"))]:
        del os.environ[variable]
    env_file = folder / ENV_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        env_file.touch(mode=0o600)
        env_file.chmod(0o600)
        env_file.write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"The demo's folder {folder} cannot be used: {error.strerror or error}. Choose another with --data-dir."
        ) from error
    return Session(GlobalOptions(env_file=env_file))


def _password(name: str) -> str:
    return f"{name}-secret"


def _suggest(folder: Path) -> None:
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    name = program()
    command = f"{name} --env-file {shown / ENV_FILE}"
    typer.echo(
        "\nTry next:\n"
        f"  {command} status\n"
        f"  {command} offers list --search led --sellable\n"
        f"  {command} offers show main 1\n"
        f"  {command} offers export --format xlsx --output offers.xlsx\n"
        f"  {command} history\n"
        f"  {name} demo          again: nothing has changed, so nothing is rewritten"
    )
