"""emagsync: a complete, exact and fresh local copy of a seller's eMAG Marketplace offers."""

__version__ = "0.1.0"
