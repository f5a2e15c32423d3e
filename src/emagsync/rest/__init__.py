"""What all REST endpoints share: authentication, problem answers, cursors, live events, middleware."""
