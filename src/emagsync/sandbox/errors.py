"""What can go wrong in the sandbox itself, as opposed to the faults that it plays."""


class SandboxError(Exception):
    """A catalogue, setting or control request that makes no sense; the message names it and says what is expected."""
