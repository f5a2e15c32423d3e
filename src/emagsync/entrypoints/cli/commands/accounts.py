"""`emagsync accounts`: which accounts are configured."""

from __future__ import annotations

from typing import Any

import typer

from emagsync.accounts.settings import base_url_of, platform_for
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.session import Session, session_of

_PARTS = ("USERNAME", "PASSWORD", "BASE_URL", "PLATFORM")


def accounts(context: typer.Context, as_json: Json = False) -> None:
    """List the accounts as configured, without their passwords. The variables that they come from are named."""
    session = session_of(context)
    found = [_described(session, name) for name in session.chosen_accounts(None)]
    if as_json:
        print_json({"accounts": found})
    else:
        print_table(
            ("account", "username", "password", "platform", "address", "variables", "problem"),
            [
                (
                    account["account"],
                    account["username"] or "-",
                    "set" if account["password_set"] else "missing",
                    account["platform"] or "-",
                    account["base_url"] or "-",
                    " ".join(account["variables"]),
                    account["problem"] or "",
                )
                for account in found
            ],
        )
    if all(account["problem"] for account in found):
        raise typer.Exit(ExitCode.USAGE)


def _described(session: Session, name: str) -> dict[str, Any]:
    prefix = f"EMAG_{name.upper()}_"
    usable = session.accounts.usable.get(name)
    return {
        "account": name,
        "username": usable.username if usable else _shown(session.variables.get(f"{prefix}USERNAME")),
        "password_set": bool(session.variables.get(f"{prefix}PASSWORD", "").strip()),
        "platform": platform_for(usable).code if usable else None,
        "base_url": base_url_of(usable) if usable else None,
        "variables": [f"{prefix}{part}" for part in _PARTS if session.variables.get(f"{prefix}{part}", "").strip()],
        "problem": session.accounts.problems.get(name),
    }


def _shown(username: str | None) -> str | None:
    """A user name that cannot be used: without what is not UTF-8, and what may be a password behind a colon."""
    return username if username is None else username.partition(":")[0].encode(errors="replace").decode()
