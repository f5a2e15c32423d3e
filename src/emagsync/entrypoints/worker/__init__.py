"""Celery: `emagsync worker` executes runs and short tasks, `emagsync beat` queues the recurring ones."""
