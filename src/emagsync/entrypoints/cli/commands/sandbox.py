"""`emagsync sandbox`: the simulated marketplace, a program of its own; and `sandbox record`, which feeds it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.recording import RecordingError, is_recording
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.logs import start_logs
from emagsync.entrypoints.cli.output.text import count, plural
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.accounts import credentials_of
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.survey import Survey, read_account
from emagsync.sandbox.cli import main

_RECORD = "record"

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_recording = typer.Typer(add_completion=False, rich_markup_mode=None)


# All arguments, `--help` too, are the sandbox's, or those of `record`.
@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def sandbox(context: typer.Context) -> None:
    """Run a simulated eMAG marketplace to test integrations with. Its own --help lists its options, and
    `emagsync sandbox record --help` those of a recording that it can serve."""
    if context.args[:1] == [_RECORD]:
        command = get_command(_recording)
        with command.make_context(_RECORD, context.args[1:], parent=context) as inner:
            command.invoke(inner)
        return
    raise typer.Exit(main(list(context.args)))


@_recording.command(context_settings={"help_option_names": ["-h", "--help"]})
def record(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account to read.")],
    output: Annotated[Path, typer.Option(help="A new folder for the recording.", show_default=False)],
    items_per_page: Annotated[int, typer.Option(min=1, max=100, help="Offers to ask for at once.")] = 100,
) -> None:
    """Record what eMAG answers for an account. All its offers are read once, within the request limit, and each answer,
    good or bad, goes into a folder that `emagsync sandbox --replay` serves. Credentials, personal data and addresses
    are taken out. To record what a running sync gets, set EMAGSYNC_RECORD_DIR."""
    session = session_of(context)
    user = session.accounts.get(account.lower())
    if is_recording(output):
        raise RecordingError(f"{output} holds a recording already: choose another folder.")
    start_logs(session)
    session.prepare_data_dir()
    with Recorder(output, credentials_of(session.accounts)) as recorder:
        survey = asyncio.run(_survey(session, recorder, user.name, items_per_page))
    _print(user.name, survey, recorder)
    raise typer.Exit(ExitCode.COMPLETED if survey.is_whole and recorder.problem is None else ExitCode.FAILED)


async def _survey(session: Session, recorder: Recorder, account: str, per_page: int) -> Survey:
    # Without a database: whose day is bad enough to record it may have trouble there too.
    registry = AccountRegistry(session.accounts, session.settings, on_exchange=recorder.observe)
    try:
        async with registry.client(account) as client:
            return await read_account(client, per_page=per_page)
    finally:
        await registry.aclose()


def _print(account: str, survey: Survey, recorder: Recorder) -> None:
    typer.echo(
        f"{account}: {plural(survey.pages, 'page')}, {count(len(survey.ids))} offers; "
        f"{plural(recorder.exchanges, 'answer')} recorded in {recorder.folder}"
    )
    if survey.failed:
        piece = survey.failed[0]
        complain(f"{plural(len(survey.failed), 'piece')} of the list could not be read, the first: {piece.error}")
    if survey.repeats:
        complain("eMAG answered with the same offers again and again; the recording ends there.")
    if survey.ended_by is not None:
        complain(f"The recording ends here: {survey.ended_by}")
    if recorder.problem is not None:
        complain(recorder.problem)
