"""What can be wrong with a command line."""

from wheelright.errors import UsageError


class CommandLineError(UsageError):
    """The command line cannot be read: unknown command or option, missing or bad value."""
