"""Users and API tokens."""

from __future__ import annotations

from emagsync.entrypoints.services.foundation import Foundation
from emagsync.identity.secrets import PasswordHasher
from emagsync.identity.service import UserService
from emagsync.identity.session_rules import SessionRules
from emagsync.identity.tokens import Credentials, TokenService
from emagsync.vault.vault import Vault


def build_user_service(base: Foundation, *, hasher: PasswordHasher | None = None) -> UserService:
    """Users and their sessions. `hasher` replaces the usual password hashing."""
    rules = SessionRules.of(base.settings.server)
    return UserService(base.database, base.clock, rules=rules, vault=Vault(base.settings), hasher=hasher)


def build_token_service(base: Foundation) -> TokenService:
    """API tokens."""
    return TokenService(base.database, base.clock)


def build_authenticator(base: Foundation) -> Credentials:
    """Finds whom a token or a session's cookie belongs to."""
    return Credentials(base.database, base.clock, SessionRules.of(base.settings.server))
