"""Secrets that have to be read again, sealed with the server's key before they are stored."""
