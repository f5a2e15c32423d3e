"""The programs: each builds what it needs and wires it together. Imported by nothing."""
