"""The request budget of an account: never more requests a second than eMAG allows."""
