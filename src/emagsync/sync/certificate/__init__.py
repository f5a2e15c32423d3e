"""The certificate of a run: what was read, counted, looked up and stored, and what that proves."""
