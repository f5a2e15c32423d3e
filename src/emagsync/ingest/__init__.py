"""Stores rows that were read from eMAG: the same code for a run's pages and for a push's read-back."""
