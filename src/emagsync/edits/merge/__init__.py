"""Merges local edits with what eMAG changed: a three-way merge."""
