"""The errors of reading and changing a project.

Must live here: every error that this folder raises. The tree::

    RequestError
    ├── ProjectFileError      pyproject.toml (or a script, or a requirements file) has faults
    ├── RequirementNotFoundError   nothing to remove or change
    └── AmbiguousRequirementError  several entries, and no way to tell which one is meant
    UsageError
    ├── ProjectNotFoundError       no pyproject.toml here or above
    └── ConfigurationError    a user's wheelright.toml or a WHEELRIGHT_ variable has faults
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.errors import RequestError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProjectFileError(RequestError):
    """A file of the project has faults; ``details`` lists them when there are several."""


class RequirementNotFoundError(RequestError):
    """A requirement that should be removed or changed is not where it was looked for."""


class AmbiguousRequirementError(RequestError):
    """Several entries name the project that should be changed."""


class ProjectNotFoundError(UsageError):
    """No project was found where one is needed."""


class ConfigurationError(UsageError):
    """A configuration file of the user, or an environment variable, has faults."""


class BadValue(Exception):  # noqa: N818 - never leaves this folder: readers turn it into a Fault
    """A value is not what its key takes; ``keys`` lead to it from the value being read.

    ``offset`` and ``length`` point into a string value where the fault is inside it.
    """

    def __init__(
        self,
        message: str,
        keys: Sequence[str | int] = (),
        *,
        hint: str | None = None,
        offset: int | None = None,
        length: int = 1,
        at_key: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.keys = tuple(keys)
        self.hint = hint
        self.offset = offset
        self.length = length
        self.at_key = at_key

    def under(self, *keys: str | int) -> BadValue:
        """Return the same fault seen from further up."""
        return BadValue(
            self.message,
            (*keys, *self.keys),
            hint=self.hint,
            offset=self.offset,
            length=self.length,
            at_key=self.at_key,
        )


__all__ = [
    "AmbiguousRequirementError",
    "BadValue",
    "ConfigurationError",
    "ProjectFileError",
    "ProjectNotFoundError",
    "RequirementNotFoundError",
]
