"""Telling other programs: signed POSTs to configured addresses, from a table, until they are answered."""
