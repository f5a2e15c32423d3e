"""How local edits meet what eMAG changed: a three-way merge."""
