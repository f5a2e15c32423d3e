"""Runs: reading an account's offers from eMAG into the local copy, through crashes and bad days."""
