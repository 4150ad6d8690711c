"""What can go wrong with a request to the ``pip`` verbs."""

from __future__ import annotations

from wheelright.errors import RequestError, UsageError


class NoEnvironmentError(UsageError):
    """No environment is active or near, and none was named."""


class ManagedPythonError(UsageError):
    """The Python belongs to another package manager (PEP 668)."""


class NothingAskedError(UsageError):
    """Neither a requirement nor a file of requirements was given."""


class UnsupportedReferenceError(RequestError):
    """A direct reference of a kind that cannot be installed from."""


class ConflictingReferencesError(RequestError):
    """One project is asked for from two places."""


class WrongReferenceError(RequestError):
    """What a direct reference leads to is not there, or is another project."""


class HashesRequiredError(RequestError):
    """A requirement has no hash, or is not pinned, where hashes are required."""


class WrongHashError(RequestError):
    """A file has none of the hashes that are given for it."""
