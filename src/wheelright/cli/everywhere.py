"""The options that every command takes, before or after its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import GLOBAL, Option

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.workflows.options import GlobalOptions

GLOBAL_OPTIONS = (
    Option(
        flags=("--project",),
        dest="project",
        metavar="DIR",
        heading=GLOBAL,
        help="Work on the project in this directory",
    ),
    Option(
        flags=("--directory",),
        dest="directory",
        metavar="DIR",
        heading=GLOBAL,
        help="Change to this directory first",
    ),
    Option(
        flags=("--config-file",),
        dest="config_file",
        metavar="FILE",
        heading=GLOBAL,
        help="Read the user's settings from this file",
    ),
    Option(
        flags=("--no-config",),
        dest="no_config",
        heading=GLOBAL,
        help="Read no settings of the user",
        excludes=("config_file",),
    ),
    Option(
        flags=("-p", "--python"),
        dest="python",
        metavar="PYTHON",
        heading=GLOBAL,
        help="Use this interpreter: a version, a range, a name or a path",
    ),
    Option(
        flags=("--offline",),
        dest="offline",
        heading=GLOBAL,
        help="Use what is in the cache, never the network",
    ),
    Option(
        flags=("--cache-dir",),
        dest="cache_dir",
        metavar="DIR",
        heading=GLOBAL,
        help="Keep the cache in this directory",
    ),
    Option(
        flags=("-n", "--no-cache"),
        dest="no_cache",
        heading=GLOBAL,
        help="Use a cache of its own for this command, removed at its end",
        aliases=("--no-cache-dir",),
    ),
    Option(
        flags=("-q", "--quiet"),
        dest="quiet",
        counted=True,
        heading=GLOBAL,
        help="Say less: only warnings and errors; twice: only errors",
        excludes=("verbose",),
    ),
    Option(
        flags=("-v", "--verbose"),
        dest="verbose",
        counted=True,
        heading=GLOBAL,
        help="Say more: every reason, every detail of an error, steps of the work",
    ),
    Option(
        flags=("--color",),
        dest="color",
        metavar="WHEN",
        choices=("auto", "always", "never"),
        heading=GLOBAL,
        help="Use colours",
    ),
    Option(
        flags=("--no-progress",),
        dest="no_progress",
        heading=GLOBAL,
        help="Show no progress while working",
    ),
    Option(
        flags=("-h", "--help"),
        dest="help",
        heading=GLOBAL,
        help="Show this page",
        in_environment=False,
    ),
    Option(
        flags=("-V", "--version"),
        dest="version",
        heading=GLOBAL,
        help="Show the version",
        in_environment=False,
    ),
)


def beside(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return the global options but those whose name a command has for something of its own."""
    own = {option.name for option in options}
    return tuple(option for option in GLOBAL_OPTIONS if option.name not in own)


def read_global(given: Given) -> GlobalOptions:
    """Read what every command takes."""
    from wheelright.workflows.options import GlobalOptions

    return GlobalOptions(
        project=given.text("project"),
        directory=given.text("directory"),
        config_file=given.text("config_file"),
        no_config=given.flag("no_config"),
        cache_dir=given.text("cache_dir"),
        no_cache=given.flag("no_cache"),
        offline=given.flag("offline"),
        python=given.text("python"),
    )
