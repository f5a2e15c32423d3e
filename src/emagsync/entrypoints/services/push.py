"""Pushing local edits to eMAG."""

from __future__ import annotations

from emagsync.accounts.registry import AccountRegistry
from emagsync.edits.push.service import PushService
from emagsync.entrypoints.services.foundation import Foundation


def build_push_service(base: Foundation, registry: AccountRegistry) -> PushService:
    """Sends the edits of an account to eMAG, and approves, rejects and releases what waits for a person."""
    return PushService(database=base.database, registry=registry, settings=base.settings, clock=base.clock)
