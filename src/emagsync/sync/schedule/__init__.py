"""Runs that are started by the clock."""
