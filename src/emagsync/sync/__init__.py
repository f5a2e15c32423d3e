"""Runs: each reads an account's offers from eMAG into the local copy, and survives crashes and outages."""
