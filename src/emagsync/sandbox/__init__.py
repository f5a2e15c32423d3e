"""A simulated eMAG marketplace: a program of its own, to test integrations against.

Start it with ``python -m emagsync.sandbox``, in the running loop with ``sandbox.server.SandboxServer``, or as a child
process with ``sandbox.process.start_sandbox``.
"""
