"""Many edits at once: from files, request bodies and selections."""
