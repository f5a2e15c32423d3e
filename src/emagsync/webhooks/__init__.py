"""Webhooks: signed POSTs to configured addresses, kept in a table until they are answered."""
