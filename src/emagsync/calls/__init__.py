"""Every call to eMAG, as figures and as a log, from whatever process made it."""
