"""`emagsync sandbox`: the simulated marketplace, a program of its own; and `sandbox record`, which feeds it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.main import get_command

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.recording import Recording, RecordingError, is_recording
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.help_texts import MARKUP
from emagsync.entrypoints.cli.lazy import in_plain_words
from emagsync.entrypoints.cli.output.text import count, plural
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.cli.signals import StopOnSignals
from emagsync.entrypoints.services.accounts import credentials_of
from emagsync.marketplace.recording.attached import FOLDER, RecordingRequest
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.survey import Survey, read_account
from emagsync.sandbox.cli import main
from emagsync.sync.process_lock import Workers
from emagsync.sync.repository import read_run, run_id_of

_RECORD = "record"
# How often it is looked whether the run that is recorded has ended.
_LOOK_SECONDS: Final = 0.5

app = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
_recording = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)


# All arguments, `--help` too, are the sandbox's, or those of `record`.
@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def sandbox(context: typer.Context) -> None:
    """Run a simulated eMAG marketplace to test integrations with. Its own --help lists its options, and
    `emagsync sandbox record --help` those of a recording that it can serve."""
    if context.args[:1] == [_RECORD]:
        command = in_plain_words(get_command(_recording))
        with command.make_context(_RECORD, context.args[1:], parent=context) as inner:
            command.invoke(inner)
        return
    raise typer.Exit(main(list(context.args)))


@_recording.command(context_settings={"help_option_names": ["-h", "--help"]})
def record(
    context: typer.Context,
    output: Annotated[Path, typer.Option(help="A new folder for the recording.", show_default=False)],
    account: Annotated[str | None, typer.Argument(help="The account to read.", show_default=False)] = None,
    attach: Annotated[
        str | None, typer.Option(metavar="RUN", help="Read nothing: record what this run gets.", show_default=False)
    ] = None,
    items_per_page: Annotated[int, typer.Option(min=1, max=100, help="Offers to ask for at once.")] = 100,
) -> None:
    """Record what eMAG answers for an account. All its offers are read once, within the request limit, and each answer,
    good or bad, goes into a folder that `emagsync sandbox --replay` serves. Credentials, personal data and addresses
    are taken out. With --attach what a sync gets that runs already, from now until it ends or Ctrl-C; to record one
    from its beginning, set EMAGSYNC_RECORD_DIR."""
    session = session_of(context)
    if (account is None) == (attach is None):
        raise typer.BadParameter("Name an account to read, or a run with --attach RUN: one of them.")
    if is_recording(output):
        raise RecordingError(f"{output} holds a recording already: choose another folder.")
    session.prepare_data_dir()
    if attach is not None:
        raise typer.Exit(asyncio.run(_attached(session, attach, output)))
    user = session.accounts.get((account or "").lower())
    with Recorder(output, credentials_of(session.accounts)) as recorder:
        survey = asyncio.run(_survey(session, recorder, user.name, items_per_page))
    _print(user.name, survey, recorder)
    raise typer.Exit(ExitCode.COMPLETED if survey.is_whole and recorder.problem is None else ExitCode.FAILED)


async def _attached(session: Session, run_id: str, output: Path) -> ExitCode:
    """Have the process that executes the run record it. Ends with the run, or when the user interrupts."""
    async with session.database() as database:
        run_id = await run_id_of(database, run_id)
        run = await read_run(database, run_id)
        if run.status.is_finished:
            raise RecordingError(f"Run {run_id} has ended: record the next one, by EMAGSYNC_RECORD_DIR or --attach.")
        with Workers(session.settings.data_dir) as workers:
            if run.worker is not None and workers.is_alive(run.worker) is None:
                raise RecordingError(
                    f"Run {run_id} is executed by {run.worker}, which does not share this data directory: "
                    "record it there."
                )
        stopping = StopOnSignals(lambda _: None)
        with stopping, RecordingRequest(session.settings.data_dir / FOLDER, run.account, output):
            typer.echo(f"{run.account}: recording run {run_id} in {output}; Ctrl-C ends the recording, not the run.")
            while not stopping.requested.is_set() and not (await read_run(database, run_id)).status.is_finished:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await stopping.requested.wait()
    recorded = len(Recording(output).exchanges) if is_recording(output) else 0
    typer.echo(f"{run.account}: {plural(recorded, 'answer')} recorded in {output}")
    if not recorded:
        complain("Nothing came while it was recorded, or the process that executes the run cannot write there.")
    return ExitCode.COMPLETED if recorded else ExitCode.FAILED


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
