"""Logs without secrets, metrics as values, and traces."""
