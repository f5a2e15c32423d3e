"""The REST API: puts the rooms together and answers HTTP."""
