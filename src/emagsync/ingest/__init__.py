"""Turning rows that were read from eMAG into records, and storing them."""
