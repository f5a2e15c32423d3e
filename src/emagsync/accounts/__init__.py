"""The configured eMAG accounts, their clients, and testing their connections."""
