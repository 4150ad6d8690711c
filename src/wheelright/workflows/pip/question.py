"""What is to be resolved, as one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.resolver import Policy
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.pip.asking import Asked
    from wheelright.workflows.pip.directs import Direct
    from wheelright.workflows.pip.present import Kept
    from wheelright.workflows.policy import BuildPolicy


class Question(Struct, frozen=True):
    """What is to be resolved.

    ``aim`` is the one environment; None means every environment with ``requires_python``.
    ``foreign`` says that nothing may be built where there are wheels. ``hashes`` limits the files
    of projects. ``no_deps`` takes what is asked for and nothing that it requires.
    """

    name: str
    asked: tuple[Asked, ...]
    directs: Mapping[str, Direct]
    policy: BuildPolicy
    choice: Policy
    aim: Aim | None = None
    foreign: bool = False
    requires_python: str = ""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pinned_indexes: Mapping[str, str] = field(default_factory=dict)
    no_deps: bool = False


def requirement_text(asked: Asked) -> str:
    """Return a requirement as the resolver reads it: options of its line left out."""
    assert asked.requirement is not None
    if asked.source is not None:
        return asked.text
    return asked.requirement.text or str(asked.requirement)
