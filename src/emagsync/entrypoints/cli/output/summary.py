"""The result of a sync: text for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.output.outcome import RunOutcome
from emagsync.entrypoints.cli.output.text import duration, plural, printable
from emagsync.marketplace.errors import UnexpectedStatus
from emagsync.sync.schemas import Difference, DifferenceKind, Mode, Run, RunError, RunErrorCode, RunStatus
from emagsync.telemetry.redaction import redactor

_ERRORS_SHOWN = 5
_DIFFERENCES_SHOWN = 20
# Of errors like these nothing is missing that was to be read.
_REMARKS = frozenset({RunErrorCode.FIELD_UNREADABLE, RunErrorCode.OFFER_NOT_KNOWN})


def sync_document(sync_id: str, outcomes: Sequence[RunOutcome], code: ExitCode) -> dict[str, Any]:
    """The JSON document of `emagsync sync --json`."""
    return {
        "sync_id": sync_id,
        "exit_code": int(code),
        "accounts": [
            {
                "account": outcome.account,
                "outcome": outcome.run.status.value if outcome.run else _word(outcome.exit_code),
                "exit_code": int(outcome.exit_code),
                "run": outcome.run,
                **({"differences": outcome.differences} if outcome.is_dry_run else {}),
                "error": None if outcome.error is None else _error(outcome.error),
            }
            for outcome in outcomes
        ],
    }


def print_summary(outcomes: Sequence[RunOutcome]) -> None:
    """Print a paragraph for each account: what happened and, where something went wrong, what to do."""
    for outcome in outcomes:
        lines = run_lines(outcome.run) if outcome.run else _unstarted_lines(outcome)
        if outcome.is_dry_run:
            lines.extend(difference_lines(outcome.differences))
        typer.echo(redactor.text("\n".join(map(printable, lines))), err=outcome.run is None)


def codes_text(codes: Mapping[str, int]) -> str:
    """How many errors of each code a run had, most first: `row_rejected 200, server_failure 1`."""
    most_first = sorted(codes.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{code} {number:,}" for code, number in most_first)


def run_lines(run: Run) -> list[str]:
    """A run in a few lines: its counts, its first errors, advice."""
    took = duration(_seconds(run))
    counts = (
        f"{run.created:,} created, {run.updated:,} updated, {run.unchanged:,} unchanged, "
        f"{run.removed:,} removed, {run.failed:,} failed"
    )
    read = f"{plural(run.pages_read, 'page')}, {plural(run.requests, 'request')}"
    lines = [f"{run.account}: {run.status.value} in {took}: {plural(run.processed, 'offer')} ({counts}), {read}"]
    lines.extend(f"  {_place(error)}{error.message}" for error in run.errors[:_ERRORS_SHOWN])
    hidden = run.error_count - min(len(run.errors), _ERRORS_SHOWN)
    if hidden > 0:
        lines.append(f"  and {hidden:,} more: emagsync history show {run.id}")
    if advice := _advice(run):
        lines.append(f"  {advice}")
    return lines


def difference_lines(differences: Sequence[Difference]) -> list[str]:
    """What a dry run would have changed, one line for each offer."""
    lines = ["  dry run: nothing was changed. It would have:"] if differences else ["  dry run: nothing would change."]
    for difference in differences[:_DIFFERENCES_SHOWN]:
        fields = difference.fields.items() if difference.kind is DifferenceKind.UPDATED else ()
        told = ", ".join(f"{name} {old or '-'} -> {new or '-'}" for name, (old, new) in fields)
        lines.append(f"  {difference.kind.value} {difference.emag_id}{': ' if told else ''}{told}")
    hidden = len(differences) - _DIFFERENCES_SHOWN
    if hidden > 0:
        lines.append(f"  and {hidden:,} more: --json lists them")
    return lines


def _place(error: RunError) -> str:
    """Which page or offer the error is about, where its message does not say so itself."""
    places = ((f"page {error.page}", error.page), (f"offer {error.emag_id}", error.emag_id))
    return "".join(f"{words}: " for words, number in places if number is not None and words not in error.message)


def _advice(run: Run) -> str | None:
    again = f"emagsync sync {run.account} --mode {run.mode.value}{' --dry-run' if run.parameters.dry_run else ''}"
    if run.status is RunStatus.INTERRUPTED:
        return f"What was read is kept; `{again}` goes on from there (run {run.id})."
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED):
        kept = "Nothing was changed" if run.parameters.dry_run else "What was read is kept, nothing was marked removed"
        if _awaits_a_person(run):
            return f"{kept}. This has to be put right before a sync can succeed (run {run.id})."
        return f"{kept}. Try again: `{again}` (run {run.id})."
    return _advice_on_a_part(run, again) if run.status is RunStatus.PARTIAL else None


def _advice_on_a_part(run: Run, again: str) -> str:
    if run.failed:
        could = "would not be stored" if run.parameters.dry_run else "could not be stored"
        pages = "Every page that was asked for" if _is_limited(run) else "Every page"
        return f"{pages} was read, but {plural(run.failed, 'row')} {could} (run {run.id})."
    if not _is_limited(run) or any(error.code not in _REMARKS for error in run.errors):
        return f"Not everything could be found out, see above. Try again: `{again}` (run {run.id})."
    return "Limited as asked: nothing was marked removed."


def _is_limited(run: Run) -> bool:
    """Whether the run was to read a part only, and stopped there."""
    most = run.parameters.max_pages
    return run.mode is Mode.SELECTIVE or (most is not None and run.pages_read >= most)


def _awaits_a_person(run: Run) -> bool:
    """Whether the run met an error that only a person can cure."""
    # Behind an unexpected status, such as 404, is an odd address of the API.
    codes = {*_codes_of(ErrorKind.CONFIGURATION), UnexpectedStatus.code}
    return not codes.isdisjoint(error.code for error in run.errors)


def _codes_of(kind: ErrorKind) -> set[str]:
    codes: set[str] = set()
    classes: list[type[EmagsyncError]] = [EmagsyncError]
    while classes:
        found = classes.pop()
        classes.extend(found.__subclasses__())
        if found.kind is kind and "code" in vars(found):
            codes.add(found.code)
    return codes


def _seconds(run: Run) -> float | None:
    end = run.finished_at or run.heartbeat_at
    return None if end is None or run.started_at is None else max(0.0, (end - run.started_at).total_seconds())


def _unstarted_lines(outcome: RunOutcome) -> list[str]:
    if outcome.exit_code is ExitCode.INTERRUPTED:
        return [f"{outcome.account}: stopped at once; the next sync goes on from the last page that was stored."]
    if isinstance(outcome.error, EmagsyncError):
        return [f"emagsync: {outcome.account}: {' '.join(str(outcome.error).split())}"]
    return [f"{outcome.account}: failed"]  # the details were reported when it happened


def _word(code: ExitCode) -> str:
    return {ExitCode.USAGE: "misconfigured", ExitCode.BUSY: "busy", ExitCode.INTERRUPTED: "interrupted"}.get(
        code, "failed"
    )


def _error(error: BaseException) -> dict[str, str]:
    code = error.code if isinstance(error, EmagsyncError) else "unexpected"
    return {"code": code, "message": redactor.text(str(error))}
