"""What answers the Model Context Protocol over HTTP, by the library's own server."""

from __future__ import annotations

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from emagsync.assistants.server import build_server
from emagsync.assistants.services import ToolServices
from emagsync.rest.principals import Role


def session_manager(services: ToolServices, role: Role) -> StreamableHTTPSessionManager:
    """Answers with the tools of `role`; it has to be run."""
    server = build_server(services, role)
    server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=services.settings.server.max_body_bytes,
        # The application checks hosts and origins itself, by its own settings.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return server.session_manager
