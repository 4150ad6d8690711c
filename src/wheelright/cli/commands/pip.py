"""``wheelright pip install``, ``pip sync`` and ``pip compile``."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from wheelright.cli.option import BUILD, INSTALLER, SELECTION, Arguments, Command, Option
from wheelright.cli.shared import (
    BUILDING_OPTIONS,
    INDEX_OPTIONS,
    INSTALL_OPTIONS,
    OUTPUT_FORMAT,
    RESOLVE_OPTIONS,
    read_building,
    read_index,
    read_resolve,
)
from wheelright.workflows.pip_options import (
    PipBuildOptions,
    PipCompileOptions,
    PipInstallOptions,
    PipPlace,
    PipRequests,
)

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip_options import CompileFormat, CompileOutcome, PipOutcome

_FILES = (
    Option(
        flags=("-c", "--constraint"),
        dest="constraints",
        metavar="FILE",
        many=True,
        scope="pip",
        help="Limit versions by this requirements file, without asking for its packages",
        aliases=("--constraints",),
    ),
    Option(
        flags=("--override",),
        dest="overrides",
        metavar="FILE",
        many=True,
        scope="pip",
        help="Use the requirements of this file in place of all others on their packages",
        aliases=("--overrides",),
    ),
    Option(
        flags=("--extra",),
        dest="extras",
        metavar="EXTRA",
        many=True,
        words=True,
        scope="pip",
        heading=SELECTION,
        help="Take this extra of a pyproject.toml that is read",
    ),
    Option(
        flags=("--all-extras",),
        dest="all_extras",
        scope="pip",
        heading=SELECTION,
        help="Take all extras of a pyproject.toml that is read",
    ),
    Option(
        flags=("--group",),
        dest="groups",
        metavar="GROUP",
        many=True,
        scope="pip",
        heading=SELECTION,
        help="Take this dependency group: NAME, or PATH:NAME for that of another pyproject.toml",
    ),
)

_FORMATS = (
    Option(
        flags=("--no-build",),
        dest="no_build",
        heading=BUILD,
        help="Build nothing: use wheels only",
    ),
    Option(
        flags=("--only-binary",),
        dest="only_binary",
        metavar="PACKAGE",
        many=True,
        words=True,
        scope="pip",
        heading=BUILD,
        help="Use only wheels of this package; `:all:` stands for all",
        aliases=("--no-build-package",),
    ),
    Option(
        flags=("--no-binary",),
        dest="no_binary",
        metavar="PACKAGE",
        many=True,
        words=True,
        scope="pip",
        heading=BUILD,
        help="Build this package, whatever wheels it has; `:all:` stands for all",
        aliases=("--no-binary-package",),
    ),
    *BUILDING_OPTIONS,
)

_PYTHON_VERSION = Option(
    flags=("--python-version",),
    dest="python_version",
    metavar="VERSION",
    scope="pip",
    heading=INSTALLER,
    help="Choose versions and files for this Python: 3.12 or 3.12.4",
)

_PLACE = (
    Option(
        flags=("--system",),
        dest="system",
        scope="pip",
        heading=INSTALLER,
        help="Install into the Python that is first on PATH, not into a venv",
    ),
    Option(
        flags=("--break-system-packages",),
        dest="break_system_packages",
        scope="pip",
        heading=INSTALLER,
        help="Change a Python even where another package manager looks after it",
    ),
    Option(
        flags=("-t", "--target"),
        dest="target_directory",
        metavar="DIR",
        scope="pip",
        heading=INSTALLER,
        help="Install into this directory, and leave nothing else there",
        excludes=("prefix", "system"),
    ),
    Option(
        flags=("--prefix",),
        dest="prefix",
        metavar="DIR",
        scope="pip",
        heading=INSTALLER,
        help="Install below this directory: lib/pythonX.Y/site-packages, bin",
        excludes=("system",),
    ),
    _PYTHON_VERSION,
)

_PRE = Option(
    flags=("--pre",),
    dest="prerelease",
    const="allow",
    scope="pip",
    help="The same as --prerelease allow",
)

_INSTALLING = tuple(
    option for option in INSTALL_OPTIONS if not option.name.startswith("--no-install")
)

_HASHES = (
    Option(
        flags=("--require-hashes",),
        dest="require_hashes",
        scope="pip",
        help="Insist on a pin and a hash for every package",
    ),
    Option(
        flags=("--no-verify-hashes",),
        dest="no_verify_hashes",
        scope="pip",
        help="Do not compare files with the hashes that requirements files give",
        excludes=("require_hashes",),
    ),
)

_DRY_RUN = Option(
    flags=("--dry-run",), dest="dry_run", help="Show what would be done, change nothing"
)
_NO_DEPS = Option(
    flags=("--no-deps",),
    dest="no_deps",
    scope="pip",
    help="Take what is asked for, and nothing that it requires",
)


def _requests(given: Given, files: tuple[str, ...], requirements: tuple[str, ...]) -> PipRequests:
    return PipRequests(
        requirements=requirements,
        editables=given.many("editables"),
        requirement_files=files,
        constraint_files=given.many("constraints"),
        override_files=given.many("overrides"),
        extras=given.many("extras"),
        all_extras=given.flag("all_extras"),
        groups=given.many("groups"),
    )


def _place(given: Given) -> PipPlace:
    return PipPlace(
        system=given.flag("system"),
        break_system_packages=given.flag("break_system_packages"),
        target=given.text("target_directory"),
        prefix=given.text("prefix"),
        python_version=given.text("python_version"),
        python_platform=given.text("python_platform"),
        targets=given.text("target"),
    )


def _formats(given: Given) -> PipBuildOptions:
    return PipBuildOptions(
        given.flag("no_build"),
        given.many("only_binary"),
        given.many("no_binary"),
        read_building(given),
    )


def _installing(given: Given, requests: PipRequests, **more: Any) -> PipInstallOptions:
    return PipInstallOptions(
        requests=requests,
        place=_place(given),
        dry_run=given.flag("dry_run"),
        require_hashes=given.flag("require_hashes"),
        no_verify_hashes=given.flag("no_verify_hashes"),
        reinstall=given.flag("reinstall"),
        reinstall_packages=given.many("reinstall_packages"),
        link_mode=given.text("link_mode"),
        compile_bytecode=given.flag("compile_bytecode"),
        resolve=read_resolve(given),
        index=read_index(given),
        build=_formats(given),
        **more,
    )


def _read_install(given: Given) -> PipInstallOptions:
    requests = _requests(given, given.many("requirements"), given.arguments)
    return _installing(given, requests, no_deps=given.flag("no_deps"), exact=given.flag("exact"))


def _read_sync(given: Given) -> PipInstallOptions:
    requests = _requests(given, given.arguments, ())
    return _installing(
        given,
        requests,
        command="pip sync",
        no_deps=True,
        exact=True,
        allow_empty=given.flag("allow_empty"),
    )


def _work_install(context: Context, options: PipInstallOptions) -> PipOutcome:
    from wheelright.workflows.pip.install import install

    return install(context, options)


def _render_install(outcome: PipOutcome, given: Given, screen: Screen) -> int:
    if given.text("output_format") == "json":
        from wheelright.console.pip import pip_document

        screen.document(pip_document(outcome))
        return 0
    from wheelright.console.pip import pip_lines

    screen.say(pip_lines(outcome, screen.err_style, every_reason=bool(screen.verbose)))
    return 0


INSTALL = Command(
    name="pip install",
    summary="Install packages into an environment",
    description=(
        "Installs into the active venv, `.venv`, the environment that `--python` names, or a"
        " directory. What is installed and satisfies stays as it is. With `--python-platform` and"
        " `--python-version` files are chosen for another machine; a version whose wheels do not"
        " fit is passed over for an older one that fits."
    ),
    arguments=Arguments("REQUIREMENT", "What to install: a requirement, a directory, file or URL"),
    options=(
        Option(
            flags=("-r", "--requirement"),
            dest="requirements",
            metavar="FILE",
            many=True,
            scope="pip",
            help="Install what this file asks for: requirements, pyproject.toml or pylock.toml",
            aliases=("--requirements",),
        ),
        Option(
            flags=("-e", "--editable"),
            dest="editables",
            metavar="DIR",
            many=True,
            scope="pip",
            help="Install the project in this directory, editable",
        ),
        *_FILES,
        _NO_DEPS,
        _PRE,
        *_HASHES,
        _DRY_RUN,
        OUTPUT_FORMAT,
        Option(
            flags=("--exact",),
            dest="exact",
            scope="pip",
            heading=INSTALLER,
            help="Remove what is installed and was not asked for, directly or not",
        ),
        *_PLACE,
        *_INSTALLING,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *_FORMATS,
    ),
    read=_read_install,
    work=_work_install,
    render=_render_install,
)

SYNC = Command(
    name="pip sync",
    summary="Make an environment hold what files say, and nothing else",
    description=(
        "Installs exactly what the files name, without looking for what that requires, and removes"
        " everything else. The files are requirements files, as `pip compile` writes them, or a"
        " `pylock.toml`."
    ),
    arguments=Arguments("FILE", "A requirements file or a pylock.toml", 1),
    options=(
        *_FILES,
        _PRE,
        *_HASHES,
        _DRY_RUN,
        OUTPUT_FORMAT,
        Option(
            flags=("--allow-empty-requirements",),
            dest="allow_empty",
            scope="pip",
            help="Remove everything where the files are empty",
        ),
        *_PLACE,
        *_INSTALLING,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *_FORMATS,
    ),
    read=_read_sync,
    work=_work_install,
    render=_render_install,
)


# -- compile


def _read_compile(given: Given) -> PipCompileOptions:
    output_file = given.text("output_file")
    named_lock = output_file is not None and output_file.endswith(".toml")
    chosen: CompileFormat = "pylock.toml" if named_lock else "requirements.txt"
    return PipCompileOptions(
        requests=_requests(given, given.arguments, ()),
        output_file=output_file,
        format=given.text("format") or chosen,
        universal=given.flag("universal"),
        python_version=given.text("python_version"),
        python_platform=given.text("python_platform"),
        generate_hashes=given.flag("generate_hashes"),
        no_deps=given.flag("no_deps"),
        no_annotate=given.flag("no_annotate"),
        no_header=given.flag("no_header"),
        no_strip_extras=given.flag("no_strip_extras"),
        no_strip_markers=given.flag("no_strip_markers"),
        annotation_style=given.text("annotation_style") or "split",
        emit_index_url=given.flag("emit_index_url"),
        no_emit_packages=given.many("no_emit_packages"),
        command=_command(given),
        resolve=read_resolve(given),
        index=read_index(given),
        build=_formats(given),
    )


#: What a compiled file depends on, in the order of its header; where files come from is left out,
#: since it may hold secrets, and so is what only this machine knows.
_IN_HEADER = (
    ("constraints", "-c"),
    ("overrides", "--override"),
    ("extras", "--extra"),
    ("all_extras", "--all-extras"),
    ("groups", "--group"),
    ("universal", "--universal"),
    ("python_version", "--python-version"),
    ("python_platform", "--python-platform"),
    ("resolution", "--resolution"),
    ("prerelease", "--prerelease"),
    ("exclude_newer", "--exclude-newer"),
    ("no_deps", "--no-deps"),
    ("no_build", "--no-build"),
    ("only_binary", "--only-binary"),
    ("no_binary", "--no-binary"),
    ("generate_hashes", "--generate-hashes"),
    ("no_strip_extras", "--no-strip-extras"),
    ("no_strip_markers", "--no-strip-markers"),
    ("annotation_style", "--annotation-style"),
    ("no_emit_packages", "--no-emit-package"),
    ("format", "--format"),
    ("output_file", "-o"),
)


def _command(given: Given) -> str:
    """Return the command that makes the same file again, without what says where to look."""
    words = ["wheelright", "pip", "compile", *given.arguments]
    for dest, flag in _IN_HEADER:
        value = given.values.get(dest)
        if value is True:
            words.append(flag)
        elif isinstance(value, list):
            words += [word for one in value for word in (flag, str(one))]
        elif isinstance(value, str):
            words += [flag, value]
    return shlex.join(words)


def _work_compile(context: Context, options: PipCompileOptions) -> CompileOutcome:
    from wheelright.workflows.pip.compiling import compile_requirements

    return compile_requirements(context, options)


def _render_compile(outcome: CompileOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.pip import compile_lines

    screen.say(compile_lines(outcome, screen.err_style))
    if outcome.output_file is None:
        screen.data(outcome.text.removesuffix("\n"))
    return 0


COMPILE = Command(
    name="pip compile",
    summary="Pin requirements, and all that they require",
    description=(
        "Reads requirements files or a `pyproject.toml`, and writes a requirements file (or a"
        " `pylock.toml`) with one version of everything that is needed: for this machine, for the"
        " one that `--python-platform` and `--python-version` name, or with `--universal` for all"
        " at once. Versions in an output file that exists are kept while they satisfy."
    ),
    arguments=Arguments("FILE", "Requirements files or pyproject.toml; `-` is standard input"),
    options=(
        Option(
            flags=("-o", "--output-file"),
            dest="output_file",
            metavar="FILE",
            scope="pip",
            help="Write to this file instead of stdout",
        ),
        Option(
            flags=("--format",),
            dest="format",
            metavar="FORMAT",
            choices=("requirements.txt", "pylock.toml"),
            scope="pip",
            help="Write this format (default: as the name of the output file says)",
        ),
        Option(
            flags=("--universal",),
            dest="universal",
            scope="pip",
            help="Serve every platform and every Python from the current one on, by markers",
            excludes=("python_platform",),
        ),
        Option(
            flags=("--generate-hashes",),
            dest="generate_hashes",
            scope="pip",
            help="Write the hashes of all files",
        ),
        Option(
            flags=("--no-annotate",),
            dest="no_annotate",
            scope="pip",
            help="Write no comments on who asks for a package",
        ),
        Option(
            flags=("--annotation-style",),
            dest="annotation_style",
            metavar="STYLE",
            choices=("split", "line"),
            scope="pip",
            help="Write these comments below each package, or beside it",
        ),
        Option(
            flags=("--no-header",),
            dest="no_header",
            scope="pip",
            help="Write no comment at the top",
        ),
        Option(
            flags=("--no-strip-extras",),
            dest="no_strip_extras",
            scope="pip",
            help="Write the extras that were asked for",
        ),
        Option(
            flags=("--no-strip-markers",),
            dest="no_strip_markers",
            scope="pip",
            help="Write the markers that requirements were asked for with",
        ),
        Option(
            flags=("--emit-index-url",),
            dest="emit_index_url",
            scope="pip",
            help="Write where the packages come from, without credentials",
        ),
        Option(
            flags=("--no-emit-package",),
            dest="no_emit_packages",
            metavar="PACKAGE",
            many=True,
            words=True,
            scope="pip",
            aliases=("--unsafe-package",),
            help="Leave this package out",
        ),
        *_FILES,
        _NO_DEPS,
        _PRE,
        _PYTHON_VERSION,
        next(option for option in INSTALL_OPTIONS if option.name == "--python-platform"),
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *_FORMATS,
    ),
    read=_read_compile,
    work=_work_compile,
    render=_render_compile,
)
