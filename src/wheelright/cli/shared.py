"""The options that several commands take, each table beside the reader of its dataclass."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from wheelright.cli.for_targets import TARGET_BUILD_OPTIONS
from wheelright.cli.option import (
    BUILD,
    INDEX,
    INSTALLER,
    RESOLVER,
    SELECTION,
    Option,
)
from wheelright.workflows.options import (
    BuildingOptions,
    BuildOptions,
    IndexOptions,
    IndexStrategy,
    KeyringProvider,
    LinkMode,
    Prerelease,
    Resolution,
    ResolveOptions,
    Selection,
    SyncOptions,
)

if TYPE_CHECKING:
    from wheelright.cli.given import Given

OUTPUT_FORMAT = Option(
    flags=("--output-format",),
    dest="output_format",
    metavar="FORMAT",
    choices=("text", "json"),
    help="Answer in text for people, or as one JSON document on stdout",
)

LOCK_MODE_OPTIONS = (
    Option(
        flags=("--locked",),
        dest="locked",
        help="Fail if the lock is not current",
        excludes=("frozen", "upgrade", "upgrade_package"),
    ),
    Option(
        flags=("--frozen",),
        dest="frozen",
        help="Use the lock as it is, without a look at whether it is current",
        excludes=("upgrade", "upgrade_package"),
    ),
)

WORKSPACE_OPTIONS = (
    Option(
        flags=("--package",),
        dest="workspace_packages",
        metavar="NAME",
        many=True,
        words=True,
        heading=SELECTION,
        help="Take this member of the workspace, in place of the project at hand",
    ),
    Option(
        flags=("--all-packages",),
        dest="all_packages",
        heading=SELECTION,
        help="Take all members of the workspace",
        excludes=("workspace_packages",),
    ),
)
SELECTION_OPTIONS = (
    Option(
        flags=("--extra",),
        dest="extras",
        metavar="EXTRA",
        many=True,
        words=True,
        heading=SELECTION,
        help="Take this extra of the project",
    ),
    Option(
        flags=("--all-extras",),
        dest="all_extras",
        heading=SELECTION,
        help="Take all extras",
    ),
    Option(
        flags=("--no-extra",),
        dest="no_extras",
        metavar="EXTRA",
        many=True,
        words=True,
        heading=SELECTION,
        help="Leave this extra out, with --all-extras",
    ),
    Option(
        flags=("--group",),
        dest="groups",
        metavar="GROUP",
        many=True,
        words=True,
        heading=SELECTION,
        help="Take this dependency group",
    ),
    Option(
        flags=("--all-groups",),
        dest="all_groups",
        heading=SELECTION,
        help="Take all dependency groups",
    ),
    Option(
        flags=("--no-group",),
        dest="no_groups",
        metavar="GROUP",
        many=True,
        words=True,
        heading=SELECTION,
        help="Leave this group out",
    ),
    Option(
        flags=("--no-default-groups",),
        dest="no_default_groups",
        heading=SELECTION,
        help="Leave out the groups that are taken by default",
    ),
    Option(
        flags=("--only-group",),
        dest="only_groups",
        metavar="GROUP",
        many=True,
        words=True,
        heading=SELECTION,
        help="Take only this group, without the project and its dependencies",
        excludes=("extras", "all_extras", "all_groups"),
    ),
    Option(
        flags=("--dev",),
        dest="groups",
        many=True,
        const="dev",
        heading=SELECTION,
        help="The same as --group dev",
    ),
    Option(
        flags=("--no-dev",),
        dest="no_groups",
        many=True,
        const="dev",
        heading=SELECTION,
        help="The same as --no-group dev",
    ),
    Option(
        flags=("--only-dev",),
        dest="only_groups",
        many=True,
        const="dev",
        heading=SELECTION,
        help="The same as --only-group dev",
    ),
)


def read_selection(given: Given) -> Selection:
    """Read which extras and groups take part."""
    return Selection(
        extras=given.many("extras"),
        all_extras=given.flag("all_extras"),
        no_extras=given.many("no_extras"),
        groups=given.many("groups"),
        no_groups=given.many("no_groups"),
        only_groups=given.many("only_groups"),
        all_groups=given.flag("all_groups"),
        no_default_groups=given.flag("no_default_groups"),
        packages=given.many("workspace_packages"),
        all_packages=given.flag("all_packages"),
    )


INDEX_OPTIONS = (
    Option(
        flags=("--index",),
        dest="index",
        metavar="INDEX",
        many=True,
        heading=INDEX,
        help="Look here before the default index: a URL or NAME=URL",
        aliases=("--extra-index-url",),
    ),
    Option(
        flags=("-i", "--default-index"),
        dest="default_index",
        metavar="INDEX",
        heading=INDEX,
        help="Look here instead of on PyPI: a URL or NAME=URL",
        aliases=("--index-url",),
    ),
    Option(
        flags=("-f", "--find-links"),
        dest="find_links",
        metavar="PLACE",
        many=True,
        heading=INDEX,
        help="Look for files here too: a directory, or the URL of a page that lists them",
    ),
    Option(
        flags=("--no-index",),
        dest="no_index",
        heading=INDEX,
        help="Use no index, only --find-links",
    ),
    Option(
        flags=("--index-strategy",),
        dest="index_strategy",
        metavar="STRATEGY",
        choices=get_args(IndexStrategy),
        heading=INDEX,
        help="How to choose among indexes that know the same package",
    ),
    Option(
        flags=("--keyring-provider",),
        dest="keyring_provider",
        metavar="PROVIDER",
        choices=get_args(KeyringProvider),
        heading=INDEX,
        help="Where to ask for credentials that no URL and no netrc gives",
    ),
    Option(
        flags=("--allow-insecure-host",),
        dest="allow_insecure_host",
        metavar="HOST",
        many=True,
        words=True,
        heading=INDEX,
        help="Do not check the certificate of this host",
        aliases=("--trusted-host",),
    ),
    Option(
        flags=("--refresh",),
        dest="refresh",
        heading=INDEX,
        help="Ask the indexes again for everything that is cached",
        excludes=("offline",),
    ),
    Option(
        flags=("--refresh-package",),
        dest="refresh_package",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=INDEX,
        help="Ask the indexes again for this package",
    ),
)


def read_index(given: Given) -> IndexOptions:
    """Read where files are looked for."""
    return IndexOptions(
        default_index=given.text("default_index"),
        index=given.many("index"),
        find_links=given.many("find_links"),
        no_index=given.flag("no_index"),
        index_strategy=given.text("index_strategy"),
        keyring_provider=given.text("keyring_provider"),
        allow_insecure_host=given.many("allow_insecure_host"),
        refresh=given.flag("refresh"),
        refresh_package=given.many("refresh_package"),
    )


RESOLVE_OPTIONS = (
    Option(
        flags=("-U", "--upgrade"),
        dest="upgrade",
        heading=RESOLVER,
        help="Allow newer versions than the locked ones",
    ),
    Option(
        flags=("-P", "--upgrade-package"),
        dest="upgrade_package",
        metavar="PACKAGE",
        many=True,
        heading=RESOLVER,
        help="Allow a newer version of this package: a name or a requirement",
    ),
    Option(
        flags=("--resolution",),
        dest="resolution",
        metavar="WHICH",
        choices=get_args(Resolution),
        heading=RESOLVER,
        help="Which versions to prefer",
    ),
    Option(
        flags=("--prerelease",),
        dest="prerelease",
        metavar="WHEN",
        choices=get_args(Prerelease),
        heading=RESOLVER,
        help="When to take pre-releases",
    ),
    Option(
        flags=("--prerelease-package",),
        dest="prerelease_package",
        metavar="NAME=WHEN",
        many=True,
        words=True,
        heading=RESOLVER,
        help="When to take pre-releases of this package",
    ),
    Option(
        flags=("--exclude-newer",),
        dest="exclude_newer",
        metavar="DATE",
        heading=RESOLVER,
        help="Leave out files uploaded after this date or time",
    ),
    Option(
        flags=("--no-sources",),
        dest="no_sources",
        heading=RESOLVER,
        help="Ignore the sources table of the project",
    ),
)


def read_resolve(given: Given) -> ResolveOptions:
    """Read how versions are chosen."""
    return ResolveOptions(
        upgrade=given.flag("upgrade"),
        upgrade_package=given.many("upgrade_package"),
        resolution=given.text("resolution"),
        prerelease=given.text("prerelease"),
        prerelease_package=given.many("prerelease_package"),
        exclude_newer=given.text("exclude_newer"),
        no_sources=given.flag("no_sources"),
    )


BUILDING_OPTIONS = (
    Option(
        flags=("-C", "--config-setting"),
        dest="config_settings",
        metavar="KEY=VALUE",
        many=True,
        heading=BUILD,
        help="Give this setting to build backends",
        aliases=("--config-settings",),
    ),
    Option(
        flags=("--config-settings-package",),
        dest="config_settings_package",
        metavar="PACKAGE:KEY=VALUE",
        many=True,
        heading=BUILD,
        help="Give this setting to the build backend of one package",
    ),
    Option(
        flags=("--no-build-isolation",),
        dest="no_build_isolation",
        heading=BUILD,
        help="Build in the environment itself, with what is installed there",
    ),
    Option(
        flags=("--no-build-isolation-package",),
        dest="no_build_isolation_package",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=BUILD,
        help="The same for this package only",
    ),
    Option(
        flags=("-b", "--build-constraints"),
        dest="build_constraints",
        metavar="FILE",
        many=True,
        heading=BUILD,
        help="Bind what builds require to the versions, and hashes, in this file",
        aliases=("--build-constraint",),
    ),
    Option(
        flags=("--require-build-hashes",),
        dest="require_build_hashes",
        heading=BUILD,
        help="Install for builds only what the build constraints pin with hashes",
    ),
    Option(
        flags=("--build-timeout",),
        dest="build_timeout",
        metavar="SECONDS",
        number=True,
        heading=BUILD,
        help="End a build that takes longer",
    ),
)


def read_building(given: Given) -> BuildingOptions:
    """Read how builds run."""
    timeout = given.text("build_timeout")
    return BuildingOptions(
        config_settings=given.many("config_settings"),
        config_settings_package=given.many("config_settings_package"),
        no_build_isolation=given.flag("no_build_isolation"),
        no_build_isolation_package=given.many("no_build_isolation_package"),
        build_constraints=given.many("build_constraints"),
        require_build_hashes=given.flag("require_build_hashes"),
        timeout=None if timeout is None else float(timeout),
    )


BUILD_OPTIONS = (
    Option(
        flags=("--no-build",),
        dest="no_build",
        heading=BUILD,
        help="Build nothing: use wheels only",
    ),
    Option(
        flags=("--no-build-package",),
        dest="no_build_package",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=BUILD,
        help="Use only wheels of this package",
    ),
    Option(
        flags=("--no-binary",),
        dest="no_binary",
        heading=BUILD,
        help="Use no wheels: build everything",
        excludes=("no_build",),
    ),
    Option(
        flags=("--no-binary-package",),
        dest="no_binary_package",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=BUILD,
        help="Build this package, whatever wheels it has",
    ),
    *TARGET_BUILD_OPTIONS,
)


def read_build(given: Given) -> BuildOptions:
    """Read whether sdists may be built."""
    return BuildOptions(
        no_build=given.flag("no_build"),
        no_build_package=given.many("no_build_package"),
        no_binary=given.flag("no_binary"),
        no_binary_package=given.many("no_binary_package"),
        wheels=given.text("wheels"),
        allow_build=given.many("allow_build"),
        how=read_building(given),
    )


INSTALL_OPTIONS = (
    Option(
        flags=("--for",),
        dest="target",
        metavar="TARGET",
        heading=INSTALLER,
        help="Install for this target, or for several joined by commas; `native`: this machine",
        excludes=("python_platform",),
        in_environment=False,
    ),
    Option(
        flags=("--python-platform",),
        dest="python_platform",
        metavar="PLATFORM",
        heading=INSTALLER,
        help="Install for this platform: linux, x86_64-manylinux_2_17, macos, windows, ...",
    ),
    Option(
        flags=("--no-install-project",),
        dest="no_install_project",
        heading=INSTALLER,
        help="Leave the project itself out",
    ),
    Option(
        flags=("--no-install-package",),
        dest="no_install_packages",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=INSTALLER,
        help="Leave this package out",
    ),
    Option(
        flags=("--reinstall",),
        dest="reinstall",
        heading=INSTALLER,
        help="Install everything again",
        aliases=("--force-reinstall",),
    ),
    Option(
        flags=("--reinstall-package",),
        dest="reinstall_packages",
        metavar="PACKAGE",
        many=True,
        words=True,
        heading=INSTALLER,
        help="Install this package again",
    ),
    Option(
        flags=("--link-mode",),
        dest="link_mode",
        metavar="MODE",
        choices=get_args(LinkMode),
        heading=INSTALLER,
        help="How files get from the store into the venv",
    ),
    Option(
        flags=("--compile-bytecode",),
        dest="compile_bytecode",
        heading=INSTALLER,
        help="Compile what is installed, so that the first start is faster",
        aliases=("--compile",),
    ),
)

EXACT_OPTIONS = (
    Option(
        flags=("--inexact",),
        dest="inexact",
        heading=INSTALLER,
        help="Leave alone what is installed and not in the lock",
    ),
    Option(
        flags=("--exact",),
        dest="inexact",
        const=False,
        heading=INSTALLER,
        help="Remove what is installed and not in the lock",
    ),
)

REPAIR_OPTIONS = (
    Option(
        flags=("--exact-files",),
        dest="exact_files",
        heading=INSTALLER,
        help="Replace files that fit the target where a fresh venv would get better ones",
    ),
    Option(
        flags=("--verify",),
        dest="verify",
        heading=INSTALLER,
        help="Read every installed file, compare it with RECORD, and repair what differs",
    ),
)

NO_EDITABLE = Option(
    flags=("--no-editable",),
    dest="no_editable",
    heading=INSTALLER,
    help="Install the project as a wheel, not editable",
)


def read_sync(given: Given) -> SyncOptions:
    """Read what ``sync`` takes, which is the syncing half of ``run``, ``add`` and ``remove``.

    A command without some of the options leaves them as they are by default; the extras and
    groups of ``add`` and ``remove`` mean something else and are not read here.
    """
    return SyncOptions(
        selection=read_selection(given),
        frozen=given.flag("frozen"),
        locked=given.flag("locked"),
        dry_run=given.flag("dry_run"),
        check=given.flag("check"),
        inexact=given.flag("inexact"),
        no_editable=given.flag("no_editable"),
        no_install_project=given.flag("no_install_project"),
        no_install_packages=given.many("no_install_packages"),
        reinstall=given.flag("reinstall"),
        reinstall_packages=given.many("reinstall_packages"),
        link_mode=given.text("link_mode"),
        compile_bytecode=given.flag("compile_bytecode"),
        python_platform=given.text("python_platform"),
        target=given.text("target"),
        exact_files=given.flag("exact_files"),
        verify=given.flag("verify"),
        resolve=read_resolve(given),
        index=read_index(given),
        build=read_build(given),
    )
