"""What can be wrong with the place that a project comes from."""

from __future__ import annotations

from wheelright.errors import RequestError, UsageError


class WrongPlaceError(RequestError):
    """What a source or a direct reference leads to is not there, or is another project."""


class ConflictingPlacesError(RequestError):
    """One project is asked for from two places."""


class ForeignPlaceError(RequestError):
    """A package from an index brings a direct reference with it."""


class GitError(RequestError):
    """A Git repository cannot give what is asked of it."""


class GitMissingError(UsageError):
    """The program ``git`` is needed and not there."""


class BuildForbiddenError(RequestError):
    """A project must be built where builds are not allowed."""
