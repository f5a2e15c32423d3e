"""Users and API tokens."""

from __future__ import annotations

from datetime import timedelta

from emagsync.entrypoints.services.foundation import Foundation
from emagsync.identity.service import UserService
from emagsync.identity.tokens import Credentials, TokenService


def build_user_service(base: Foundation) -> UserService:
    """Users, and their logins for as long as EMAGSYNC_SERVER__SESSION_HOURS says."""
    lifetime = timedelta(hours=base.settings.server.session_hours)
    return UserService(base.database, base.clock, session_lifetime=lifetime)


def build_token_service(base: Foundation) -> TokenService:
    """API tokens."""
    return TokenService(base.database, base.clock)


def build_authenticator(base: Foundation) -> Credentials:
    """Finds whom a token or a session's cookie belongs to."""
    return Credentials(base.database, base.clock)
