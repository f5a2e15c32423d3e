"""FastAPI dependencies of the notification endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from emagsync.notifications.service import NotificationService
from emagsync.rest.dependencies import Provided

notification_service = Provided(NotificationService)

Notifications = Annotated[NotificationService, Depends(notification_service)]
