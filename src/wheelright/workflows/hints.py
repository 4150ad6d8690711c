"""What is known that helps after a conflict: names nearby, and which indexes were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver import ResolutionFailure

if TYPE_CHECKING:
    from wheelright.workflows.driver import Driver


def with_hints(failure: ResolutionFailure, driver: Driver) -> ResolutionFailure:
    """Return a failure with hints on the projects that it speaks of."""
    hints = list(failure.hints)
    for name in failure.culprits:
        unknown = driver.unknown.get(name)
        if unknown is not None:
            asked = ", ".join(f"`{url}`" for url in unknown.asked)
            hints.append(f"`{name}` was looked for on {asked}" if asked else "no index is asked")
            hints += [hint for hint in unknown.hints if hint not in hints]
    return ResolutionFailure(
        failure.message,
        details=failure.details,
        hints=tuple(hints),
        culprits=failure.culprits,
    )
