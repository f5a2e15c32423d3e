"""Stores rows that were read from eMAG: one way for a run's pages and for what a push reads back."""
