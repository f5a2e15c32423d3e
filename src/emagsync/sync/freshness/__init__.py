"""How old offers may become, and what is read to keep them younger than that."""
