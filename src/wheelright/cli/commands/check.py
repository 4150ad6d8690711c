"""``wheelright check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Command, Option
from wheelright.cli.shared import INDEX_OPTIONS, LOCK_MODE_OPTIONS, OUTPUT_FORMAT, read_index
from wheelright.workflows.options import CheckOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.proofs import Proof

FOR_TARGETS = Option(
    flags=("--for",),
    dest="targets",
    metavar="TARGET",
    many=True,
    words=True,
    in_environment=False,
    help="Only for this target, or this platform: plc, x86_64-manylinux_2_17, macos, ...",
)
LOCK_AS_IT_IS = tuple(
    Option(flags=option.flags, dest=option.dest, help=option.help, excludes=excludes)
    for option, excludes in zip(LOCK_MODE_OPTIONS, (("frozen",), ()), strict=True)
)


def read_check(given: Given) -> CheckOptions:
    """Read what ``check``, ``floor`` and ``matrix`` take."""
    return CheckOptions(
        targets=given.many("targets"),
        all_targets=given.flag("all_targets"),
        binaries=given.flag("binaries"),
        locked=given.flag("locked"),
        frozen=given.flag("frozen"),
        html=given.text("html"),
        index=read_index(given),
    )


def _work(context: Context, options: CheckOptions) -> Proof:
    from wheelright.workflows.checking import check

    return check(context, options)


def _render(outcome: Proof, given: Given, screen: Screen) -> int:
    from wheelright.console.proving import SIGNS, check_document, check_lines

    if given.text("output_format") == "json":
        screen.document(check_document(outcome))
    else:
        glyphs = "".join(sign.glyph for sign in SIGNS.values()) + "✓"
        lines = check_lines(
            outcome,
            screen.out_style,
            verbose=bool(screen.verbose),
            ascii_only=not screen.can_show(glyphs),
        )
        screen.data("\n".join(lines))
    return 1 if outcome.failed else 0


CHECK = Command(
    name="check",
    summary="Prove that the lock serves every target",
    description=(
        "Proves from the lock alone, without a request to any index, what every package gets on"
        " every target with every Python of it, and tells of all that is missing with what would"
        " help. Without declared targets it looks at the common platforms, which never fail."
    ),
    examples=(
        ("A step for CI", "wheelright check --locked --all-targets"),
        ("Could an old machine be served?", "wheelright check --for x86_64-manylinux_2_17"),
        ("Do binaries keep what their tags promise?", "wheelright check --binaries"),
    ),
    options=(
        FOR_TARGETS,
        Option(
            flags=("--all-targets",),
            dest="all_targets",
            help="All declared targets; fail where there are none",
            excludes=("targets",),
        ),
        Option(
            flags=("--binaries",),
            dest="binaries",
            help="Fetch the wheels too, and compare what their binaries need with their promises",
        ),
        *LOCK_AS_IT_IS,
        OUTPUT_FORMAT,
        *INDEX_OPTIONS,
    ),
    read=read_check,
    work=_work,
    render=_render,
)
