"""Sources: stock and prices that arrive by themselves, in whatever file a program can write."""
