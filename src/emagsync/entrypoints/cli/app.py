"""The command line's commands, and the options that all of them share.

`emagsync --help` imports none of the commands: the tables below say what it prints about each of them, and where each
is. A test compares their lines with the commands' own docstrings.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from emagsync import __version__
from emagsync.entrypoints.cli.help_texts import MARKUP
from emagsync.entrypoints.cli.lazy import LazyCommand, in_plain_words
from emagsync.entrypoints.cli.options import GlobalOptions


class Topic(StrEnum):
    """What a command is about: a panel of the help."""

    COPY = "The local copy"
    EDITS = "Edits, and sending them to eMAG"
    ACCOUNTS = "Accounts and access"
    OPERATION = "Running it"
    TRYING = "Trying it"


class Command(NamedTuple):
    """Where a command is, `module:attribute` in `commands/`, and its line in the help. `stays`: it runs until stopped,
    for months it may be."""

    target: str
    help: str
    topic: Topic | None = None  # of a group's command: that of the group
    stays: bool = False


class Group(NamedTuple):
    """A group's line in the help, and its commands by name."""

    help: str
    commands: dict[str, Command]
    topic: Topic


COMMANDS: dict[str, Command | Group] = {
    "sync": Command("sync:sync", "Copy the offers of accounts from eMAG, side by side.", Topic.COPY),
    "status": Command("status:status", "Show every account: its offers, its last run, what runs now.", Topic.COPY),
    "changes": Command("changes:changes", "Show what changed since yesterday, by kind, and what waits.", Topic.COPY),
    "calls": Command("calls:calls", "List calls to eMAG, the latest first.", Topic.OPERATION),
    "push": Command("push:push", "Send the edits that may go out now, and read them back.", Topic.EDITS),
    "undo": Command("undo:undo", "Put back what a push, or a sync's merge, changed.", Topic.EDITS),
    "accounts": Command("accounts:app", "The accounts; `add`, `edit` or `remove` one.", Topic.ACCOUNTS),
    "check": Command("check:check", "Test the accounts' connections to eMAG.", Topic.ACCOUNTS),
    "cleanup": Command("cleanup:cleanup", "End the runs that have been at it for too long.", Topic.COPY),
    "serve": Command("serve:serve", "Serve the page and the REST API until Ctrl-C.", Topic.OPERATION, stays=True),
    "mcp": Command("mcp:mcp", "Serve assistants (MCP) over standard input and output.", Topic.OPERATION, stays=True),
    "worker": Command(
        "worker:worker_app", "Run queued syncs and short tasks until stopped.", Topic.OPERATION, stays=True
    ),
    "beat": Command(
        "worker:beat", "Queue what is due for the workers, and find orphaned runs.", Topic.OPERATION, stays=True
    ),
    "sandbox": Command(
        "sandbox:app", "Run a simulated eMAG marketplace to test integrations with.", Topic.TRYING, stays=True
    ),
    "demo": Command("demo:demo", "Start a simulated marketplace, copy it and show the page.", Topic.TRYING, stays=True),
    "history": Command("history:app", "The runs, newest first; `show` or `certificate` for one.", Topic.COPY),
    "offers": Group(
        "The local copy of the offers.",
        {
            "list": Command("offers:list_offers", "List offers of the local copy, in any order."),
            "show": Command("offers:show", "Show everything about one offer."),
            "export": Command("offers_export:export", "Export the whole selection."),
            "set": Command("offers_set:set_values", "Change values of one offer."),
        },
        Topic.COPY,
    ),
    "edits": Group(
        "Local edits, waiting or ended.",
        {
            "load": Command("edits:load", "Edit many offers by a CSV or XLSX file."),
            "list": Command("edits:list_edits", "List local edits, newest first."),
            "withdraw": Command("edits:withdraw", "Withdraw edits that wait: eMAG's values stay."),
        },
        Topic.EDITS,
    ),
    "bulk": Group(
        "One change to all offers that a filter finds.",
        {
            "change": Command("bulk:change", "Change all offers that a filter finds, however many."),
            "undo": Command("bulk:undo", "Put back what a batch of edits, or a push, changed."),
            "list": Command("bulk:list_changes", "List bulk changes, newest first."),
            "show": Command("bulk:show", "Show what a bulk change comes to, offer by offer."),
            "apply": Command("bulk:apply", "Keep what the preview of a bulk change shows."),
            "stop": Command("bulk:stop", "Discard a preview, or take back what was kept so far."),
        },
        Topic.EDITS,
    ),
    "sources": Group(
        "Stock and prices that arrive by themselves.",
        {
            "list": Command("sources:list_sources", "List the sources, and what became of their last reading."),
            "add": Command("sources:add", "Add a source."),
            "edit": Command("sources:edit", "Change a source."),
            "remove": Command("sources:remove", "Delete a source with its readings."),
            "read": Command("sources:read", "Read a source now, and show what it changes."),
            "readings": Command("sources:readings", "List the readings of a source, newest first."),
        },
        Topic.EDITS,
    ),
    "conflicts": Group(
        "Values that were edited here and changed on eMAG.",
        {
            "list": Command("conflicts:list_conflicts", "List what waits for a person's decision, newest first."),
            "resolve": Command("conflicts:resolve", "Decide conflicts: take eMAG's values, ours, or another one."),
        },
        Topic.EDITS,
    ),
    "outbox": Group(
        "Edits on their way to eMAG.",
        {
            "list": Command("outbox:list_entries", "List what is to be sent, was sent, or was refused, newest first."),
            "approve": Command("outbox:approve", "Release lines that wait for a person."),
            "reject": Command("outbox:reject", "Refuse lines that were not sent yet; their edits are closed."),
        },
        Topic.EDITS,
    ),
    "holds": Group(
        "Changes that the brake holds until a person decides.",
        {
            "list": Command("holds:list_holds", "List what the brake stopped, newest first."),
            "release": Command("holds:release", "Release a hold: what the brake stopped is sent."),
            "refuse": Command("holds:refuse", "Refuse a hold: what the brake counted is rejected."),
        },
        Topic.EDITS,
    ),
    "freshness": Group(
        "How old offers may become, and how they stand.",
        {
            "show": Command("freshness:show", "Show how old offers are, against their targets."),
            "set": Command("freshness:set_targets", "Replace an account's targets."),
            "reset": Command("freshness:reset", "Go back to the targets that follow from the schedule."),
        },
        Topic.COPY,
    ),
    "notifications": Group(
        "People who are told of what happens.",
        {
            "list": Command("notifications:list_recipients", "List who is told of what."),
            "test": Command("notifications:send_test", "Send a recipient a test message now."),
            "messages": Command("notifications:messages", "List the messages to a recipient, newest first."),
        },
        Topic.OPERATION,
    ),
    "webhooks": Group(
        "Programs that are told of what happens.",
        {
            "list": Command("webhooks:list_webhooks", "List which programs are told of what."),
            "deliveries": Command("webhooks:deliveries", "List the messages to a webhook, newest first."),
            "redeliver": Command("webhooks:redeliver", "Send a message again now, with the same id."),
        },
        Topic.OPERATION,
    ),
    "users": Group(
        "Who can log in to the page and the REST API.",
        {
            "add": Command("users:add", "Add a user."),
            "list": Command("users:list_all", "List the users."),
            "passwd": Command("users:passwd", "Give a user a new password, which ends the user's sessions."),
            "disable": Command("users:disable", "Disable a user, at once."),
            "enable": Command("users:enable", "Enable a disabled user again."),
            "role": Command("users:role", "Change what a user may do."),
            "logout": Command("users:logout", "End all logins of a user."),
            "unlock": Command("users:unlock", "Let a user log in at once after wrong tries."),
            "reset-2fa": Command("users:reset_2fa", "Take off the second factor of who lost the phone."),
        },
        Topic.ACCOUNTS,
    ),
    "tokens": Group(
        "API tokens, with which programs call the REST API.",
        {
            "create": Command("tokens:create", "Make an API token."),
            "list": Command("tokens:list_all", "List the API tokens that are not revoked."),
            "revoke": Command("tokens:revoke", "End an API token at once."),
        },
        Topic.ACCOUNTS,
    ),
    "doctor": Command("doctor:doctor", "Look at everything that has to fit, and say what does not.", Topic.OPERATION),
    "db": Group(
        "The local database: schema, health, moving it.",
        {
            "upgrade": Command("database:upgrade", "Bring the database to this version's schema."),
            "status": Command("database:status", "Show which schema the database has, and which is needed."),
            "check": Command("database:check", "Check whether the database is fit for use."),
            "digest": Command("database_digest:digest", "Show the digest of the copy: equal digests, equal offers."),
            "copy": Command("database_copy:copy", "Copy the whole database to another one."),
            "grant-reader": Command(
                "database_readers:grant_reader", "Make a PostgreSQL role that reads only the views."
            ),
        },
        Topic.OPERATION,
    ),
}


def build() -> TyperGroup:
    """The whole command line, ready to be called."""
    app = typer.Typer(
        name="emagsync",
        help="A complete, exact and fresh local copy of your eMAG Marketplace offers.",
        epilog="Exit codes: 0 completed, 1 failed, 2 usage or settings, 3 partial, 4 the account is busy, "
        "130 interrupted.",
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        rich_markup_mode=MARKUP,
    )
    app.callback()(_options)
    root = get_command(app)
    assert isinstance(root, TyperGroup)  # noqa: S101 - an application with a callback is a group
    in_plain_words(root)
    topics = list(Topic)
    _fill(root, dict(sorted(COMMANDS.items(), key=lambda item: topics.index(item[1].topic or topics[0]))))
    return root


def _fill(group: TyperGroup, commands: dict[str, Command | Group] | dict[str, Command]) -> None:
    for name, command in commands.items():
        if isinstance(command, Command):
            group.add_command(LazyCommand(name, command.target, command.help, command.topic, stays=command.stays))
        else:
            inner = TyperGroup(
                name=name,
                help=command.help,
                no_args_is_help=True,
                rich_markup_mode=MARKUP,
                rich_help_panel=command.topic,
            )
            _fill(inner, command.commands)
            group.add_command(in_plain_words(inner))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"emagsync {__version__}")
        raise typer.Exit


def _options(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the local copy is kept; wins over EMAGSYNC_DATA_DIR.", show_default=False)
    ] = None,
    env_file: Annotated[
        Path | None, typer.Option(help="Read settings from this file instead of .env.", show_default=False)
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = GlobalOptions(data_dir=data_dir, env_file=env_file)
