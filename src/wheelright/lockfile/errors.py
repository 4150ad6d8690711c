"""What can be wrong with a lockfile, or with asking it for something.

All of them are the project's or the request's matter (exit code 1)::

    RequestError
    ├── InvalidLockError          the text is no lockfile, or breaks PEP 751
    │   └── UnsupportedLockError  written to a newer major version of the format
    ├── NotCoveredError           the lock was not made for this environment
    ├── NotOfferedError           an extra or a group that the lock does not know
    ├── ConflictingEntriesError   extras or groups together that were declared to conflict
    ├── AmbiguousLockError        two entries of one package are selected at once
    ├── NoFileFitsError           locked packages without a file for the platform
    └── MissingHashError          a file without a hash cannot be locked
"""

from __future__ import annotations

from wheelright.errors import RequestError


class InvalidLockError(RequestError):
    """The text is no TOML, or breaks PEP 751; names the key path, such as ``packages[3].name``."""


class UnsupportedLockError(InvalidLockError):
    """``lock-version`` has a major number that this Wheelright does not know."""


class NotCoveredError(RequestError):
    """The lock does not cover the environment that it is asked for."""


class NotOfferedError(RequestError):
    """An extra or a dependency group is asked for that the lock does not offer."""


class ConflictingEntriesError(RequestError):
    """Extras or groups are asked for together that the project's ``conflicts`` keep apart."""


class AmbiguousLockError(RequestError):
    """Two entries of one package are selected for one environment."""


class NoFileFitsError(RequestError):
    """Some locked packages have no file for the platform; ``details`` has one line for each."""


class MissingHashError(RequestError):
    """A file without a hash was to be written into a lockfile."""
