"""`emagsync accounts`: which accounts there are; adding, changing and removing them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from pydantic import SecretStr, ValidationError

from emagsync.accounts.schemas import AccountChange, NewAccount, PlatformCode
from emagsync.accounts.service import AccountService
from emagsync.accounts.settings import base_url_of, platform_for
from emagsync.audit.service import audit_command
from emagsync.core.errors import SettingsError
from emagsync.core.settings import PushMode
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.help_texts import MARKUP
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.account_changes import build_account_service
from emagsync.entrypoints.services.accounts import open_accounts
from emagsync.entrypoints.services.execution import open_sync_service, stop_runs_of

app = typer.Typer(
    help="The accounts; `add`, `edit` or `remove` one.",
    add_completion=False,
    rich_markup_mode=MARKUP,
)

T = TypeVar("T", NewAccount, AccountChange)

_PARTS = ("USERNAME", "PASSWORD", "BASE_URL", "PLATFORM", "PUSH")

Name = Annotated[str, typer.Argument(help="The account's name here, such as main.", show_default=False)]
Username = Annotated[str | None, typer.Option(help="The API user's name at eMAG.", show_default=False)]
Platform = Annotated[PlatformCode | None, typer.Option(help="Which marketplace it is on.", show_default=False)]
BaseUrl = Annotated[
    str | None, typer.Option(help="The API's address, where it is not the platform's own.", show_default=False)
]
Push = Annotated[
    PushMode | None, typer.Option(help="Whether its edits are sent; wins over the setting.", show_default=False)
]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.callback(invoke_without_command=True)
def accounts(context: typer.Context, as_json: Json = False) -> None:
    """List the accounts, without their passwords. It says where each comes from: variables, or the database."""
    if context.invoked_subcommand is not None:
        return
    session = session_of(context)
    session.chosen_accounts(None)
    found = [_described(session, name) for name in session.accounts.all_names]
    if as_json:
        print_json({"accounts": found})
    else:
        _print_accounts(found)
    if all(account["problem"] for account in found):
        raise typer.Exit(ExitCode.USAGE)


@app.command("add")
def add(
    context: typer.Context,
    name: Name,
    username: Annotated[str, typer.Option(help="The API user's name at eMAG.", show_default=False)],
    platform: Annotated[PlatformCode, typer.Option(help="Which marketplace it is on.")] = "emag-ro",
    base_url: BaseUrl = None,
    push: Push = None,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Add an account, for every program at once. Without --password-stdin the password is asked for."""
    values: dict[str, Any] = {
        "account": name,
        "username": username,
        "platform": platform,
        "base_url": base_url,
        "push": push,
    }
    values["password"] = _password(password_stdin)
    new = _checked(NewAccount, values)
    detail = {"platform": platform, "username": username, "base_url": base_url}
    _work(context, lambda service: service.add(new), "account.add", new.account, detail)
    _print_done(new.account, "added", as_json=as_json)


@app.command("edit")
def edit(
    context: typer.Context,
    name: Name,
    username: Username = None,
    platform: Platform = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="The API's address; an empty text is the platform's own.", show_default=False),
    ] = None,
    push: Push = None,
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Whether it is synced. Off stops what runs.", show_default=False)
    ] = None,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Change an account, for every program at once. Another address or platform takes the password again."""
    given = {"username": username, "platform": platform, "push": push, "enabled": on}
    values: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if base_url is not None:
        values["base_url"] = base_url or None
    if password_stdin:
        values["password"] = _password(password_stdin)
    if not values:
        raise SettingsError(
            "Nothing to change: give --username, --password-stdin, --platform, --base-url, --push, --on or --off."
        )
    change = _checked(AccountChange, values)
    detail = {field: True if field == "password" else value for field, value in values.items()}
    _work(context, lambda service: service.change(name.lower(), change), "account.change", name.lower(), detail)
    _print_done(name.lower(), "changed", as_json=as_json)


@app.command("remove")
def remove(
    context: typer.Context,
    name: Name,
    delete_offers: Annotated[
        bool, typer.Option("--delete-offers", help="Delete the copy of its offers, their history and edits too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove an account, and stop what runs of it. The copy of its offers stays, unless --delete-offers is given."""
    detail = {"offers": "delete" if delete_offers else "keep"}
    _work(
        context,
        lambda service: _removed(service, name.lower(), with_offers=delete_offers),
        "account.remove",
        name.lower(),
        detail,
    )
    _print_done(name.lower(), "removed", as_json=as_json)


async def _removed(service: AccountService, name: str, *, with_offers: bool) -> None:
    await service.remove(name, with_offers=with_offers)
    await service.erasures.finish()


def _work(
    context: typer.Context,
    work: Callable[[AccountService], Awaitable[object]],
    action: str,
    name: str,
    detail: dict[str, Any],
) -> None:
    asyncio.run(_worked(session_of(context), work, action, name, detail))


async def _worked(
    session: Session,
    work: Callable[[AccountService], Awaitable[object]],
    action: str,
    name: str,
    detail: dict[str, Any],
) -> None:
    async with session.foundation() as base, open_accounts(base, session.environment) as emag:
        with open_sync_service(base, emag.registry) as syncs:

            async def stop_runs(account: str) -> None:
                await stop_runs_of(base, syncs, account)

            # Whoever may run commands may call what this machine can call: any address will do.
            await work(build_account_service(base, emag, on_end=stop_runs, any_address=True))
        await audit_command(base.database, base.clock, action, name, detail)


def _password(from_stdin: bool) -> SecretStr:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password of the API user", hide_input=True, err=True)
    else:
        raise SettingsError("Give the password on standard input, with --password-stdin.")
    if not password:
        raise SettingsError("--password-stdin: standard input has no password in its first line.")
    return SecretStr(password)


def _checked(kind: type[T], values: dict[str, Any]) -> T:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "NAME" if first["loc"] == ("account",) else f"--{first['loc'][0]}".replace("_", "-")
        raise SettingsError(f"{name}: {first['msg']}") from None


def _described(session: Session, name: str) -> dict[str, Any]:
    configured = session.accounts
    prefix = f"EMAG_{name.upper()}_"
    added = name in configured.added
    usable = configured.usable.get(name)
    given = [f"{prefix}{part}" for part in _PARTS if session.variables.get(f"{prefix}{part}", "").strip()]
    return {
        "account": name,
        "source": "database" if added else "environment",
        "enabled": name not in configured.off,
        "username": usable.username if usable else _shown(session.variables.get(f"{prefix}USERNAME")),
        "password_set": added or bool(session.variables.get(f"{prefix}PASSWORD", "").strip()),
        "platform": platform_for(usable).code if usable else None,
        "base_url": base_url_of(usable) if usable else None,
        "variables": [] if added else given,
        "problem": configured.problems.get(name),
    }


def _print_accounts(found: list[dict[str, Any]]) -> None:
    print_table(
        ("account", "user", "marketplace", "from", "state"),
        [
            (
                account["account"],
                account["username"] or "-",
                account["platform"] or "-",
                account["source"],
                "cannot be used" if account["problem"] else "on" if account["enabled"] else "off",
            )
            for account in found
        ],
    )
    for account in found:
        if account["problem"]:
            typer.echo(f"{account['account']}: {printable(account['problem'])}")
        elif account["variables"]:
            typer.echo(f"{account['account']}: {' '.join(account['variables'])}")


def _print_done(name: str, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"account": name, "done": what})
    else:
        typer.echo(f"{name}: {what}")


def _shown(username: str | None) -> str | None:
    """A user name that cannot be used: without what is not UTF-8, and what may be a password behind a colon."""
    return username if username is None else username.partition(":")[0].encode(errors="replace").decode()
