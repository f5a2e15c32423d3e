"""Live progress of runs, within this process and across processes."""
