"""How people look at the offers: filters that they keep under a name, and the columns of their tables."""
