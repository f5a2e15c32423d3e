"""Sending one message through apprise, in a process of its own that can be ended."""
