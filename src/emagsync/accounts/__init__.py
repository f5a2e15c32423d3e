"""Which accounts exist, and whether eMAG lets them in."""
