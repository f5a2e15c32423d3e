"""Telling people: what happened, by mail or another service, once for each thing."""
