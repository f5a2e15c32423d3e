"""Every request to eMAG, from whatever process made it: a log and its metrics."""
