"""The run engine: reads every page of an account's list and stores it."""
