"""Builds the application's objects from its settings, for the API, the workers and the commands alike.

One module for each feature, so that a program imports only what it uses: a command that reads the local copy loads
neither FastAPI, nor Celery, nor the eMAG client. What has to be opened and closed is a context manager (`open_...`);
the rest is built by a plain function.
"""
