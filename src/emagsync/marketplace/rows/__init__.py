"""Offer rows as eMAG sends them: decoding, coercion, fingerprints."""
