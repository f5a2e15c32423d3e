"""FastAPI dependencies of the webhook endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.rest.dependencies import Provided
from emagsync.webhooks.service import WebhookService

webhook_service = Provided(WebhookService)

Webhooks = Annotated[WebhookService, Depends(webhook_service)]
