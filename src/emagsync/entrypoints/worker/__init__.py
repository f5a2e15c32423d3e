"""Celery: `emagsync worker` carries out runs and short tasks, `emagsync beat` queues the recurring ones."""
