"""Who executes a run: this process, or a Celery worker."""
