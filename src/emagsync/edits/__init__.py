"""Local edits, their conflicts with eMAG's changes, and pushing them to eMAG."""
