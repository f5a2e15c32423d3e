"""Logs as data, without secrets."""
