"""Sending local edits to eMAG: the outbox, the brake, read-back and undo."""
