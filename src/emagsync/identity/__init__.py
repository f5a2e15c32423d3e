"""Users with their roles and sessions, API tokens, and login throttling."""
