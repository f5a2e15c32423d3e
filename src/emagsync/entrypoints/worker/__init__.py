"""Celery: `emagsync worker` carries runs out and does what the schedule says, `emagsync beat` says when."""
