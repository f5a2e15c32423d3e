"""`emagsync demo`: a simulated marketplace, two accounts copied from it, the page, and what to try next."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from pathlib import Path
from typing import Annotated

import typer

from emagsync.core.errors import SettingsError
from emagsync.entrypoints.cli.commands.serve import run
from emagsync.entrypoints.cli.commands.sync import display_for, sync_accounts
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.options import GlobalOptions
from emagsync.entrypoints.cli.output.summary import print_summary
from emagsync.entrypoints.cli.session import Session
from emagsync.sandbox.process import SandboxProcess, start_sandbox
from emagsync.sandbox.settings import SandboxError
from emagsync.sync.schemas import Mode, RunParameters

DEMO_FOLDER = Path(".demo")
ENV_FILE = "demo.env"
_LATENCY_MS = 120
_USUAL_PORT = 8000
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

    It has two accounts, and eMAG's own request limit. The page runs until Ctrl-C, unless --no-serve is given. The copy
    is in .demo in this folder, unless --data-dir says else.
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
        session = _demo_session(folder, sandbox, tuple(sizes))
        code = _copy(session, tuple(sizes))
        if code is ExitCode.COMPLETED:
            _suggest(folder)
            if serve:
                _serve(session, _usual_or_free_port() if port is None else port)
    raise typer.Exit(code)


def _copy(session: Session, names: tuple[str, ...]) -> ExitCode:
    parameters = RunParameters(mode=Mode.FULL)
    display = display_for(names, quiet=False)
    outcomes = asyncio.run(sync_accounts(session, names, parameters, str(uuid.uuid4()), display))
    print_summary(outcomes)
    return gravest(outcome.exit_code for outcome in outcomes)


def _serve(session: Session, port: int) -> None:
    typer.echo(
        f"\nThe page is at http://127.0.0.1:{port}\n"
        f"Log in as {_ADMIN} with the password {_ADMIN_PASSWORD}. Ctrl-C ends the demo."
    )
    run(session, port=port)


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
    command = f"emagsync --env-file {shown / ENV_FILE}"
    typer.echo(
        "\nTry next:\n"
        f"  {command} status\n"
        f"  {command} offers list --search led --sellable\n"
        f"  {command} offers show main 1\n"
        f"  {command} offers export --format xlsx --output offers.xlsx\n"
        f"  {command} history\n"
        "  emagsync demo          again: nothing has changed, so nothing is rewritten"
    )
