"""Options about declared targets that several commands take."""

from __future__ import annotations

from wheelright.cli.option import BUILD, Option

TARGET_BUILD_OPTIONS = (
    Option(
        flags=("--wheels",),
        dest="wheels",
        metavar="MODE",
        choices=("require", "prefer", "any"),
        heading=BUILD,
        help="Whether declared targets must be served by wheels, should be, or need not be",
    ),
    Option(
        flags=("--allow-build",),
        dest="allow_build",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=BUILD,
        help="Let this package be built for a declared target that none of its wheels serves",
    ),
)
