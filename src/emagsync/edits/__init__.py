"""Feature: local edits, how they meet eMAG's changes, conflicts, and pushing edits to eMAG."""
