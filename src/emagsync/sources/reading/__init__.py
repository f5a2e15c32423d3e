"""Reading a source's file: its format, its columns, and what its rows ask for."""
