"""Home: what changed since yesterday, the last visit or on a day, and what needs a hand."""
