"""The commands. `app.py` names each of them; a module is imported when one of its commands is called."""
