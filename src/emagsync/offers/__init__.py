"""The local copy of the offers: its tables, what changed and when, reading it and exporting it."""
