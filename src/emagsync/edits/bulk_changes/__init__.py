"""One change to any number of offers: previewed, kept and undone in pieces, as one operation."""
