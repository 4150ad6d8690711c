"""The command line as data: words in, options out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from wheelright.cli.errors import CommandLineError
from wheelright.cli.everywhere import read_global
from wheelright.cli.parsing import parse
from wheelright.cli.registry import Registry
from wheelright.workflows.options import (
    AddOptions,
    BuildOptions,
    ExportOptions,
    GlobalOptions,
    IndexOptions,
    InitOptions,
    LockOptions,
    PythonOptions,
    RemoveOptions,
    ResolveOptions,
    RunOptions,
    Selection,
    SyncOptions,
    TreeOptions,
    VenvOptions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(line: str | list[str], environ: Mapping[str, str] | None = None) -> Any:
    words = line.split() if isinstance(line, str) else line
    parsed = parse(words, environ or {}, Registry())
    assert parsed.command is not None
    return parsed.command.read(parsed.given)


def refusal(
    line: str | list[str], environ: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...]]:
    words = line.split() if isinstance(line, str) else line
    with pytest.raises(CommandLineError) as caught:
        parse(words, environ or {}, Registry())
    assert caught.value.exit_code == 2
    return caught.value.message, caught.value.hints


def test_lock_alone() -> None:
    assert read("lock") == LockOptions()


def test_lock_with_everything() -> None:
    line = (
        "lock --dry-run -U -P flask -P jinja2<4 --resolution lowest-direct --prerelease allow"
        " --exclude-newer 2026-01-02 --no-sources"
        " --index https://a.test/simple --index b=https://b.test"
        " --extra-index-url https://c.test -i https://d.test -f wheels --find-links /more"
        " --no-index"
        " --index-strategy unsafe-best-match --keyring-provider subprocess"
        " --allow-insecure-host a.test,b.test --refresh --refresh-package flask"
        " --no-build-package a,b --no-binary --no-binary-package c"
    )
    assert read(line) == LockOptions(
        dry_run=True,
        resolve=ResolveOptions(
            upgrade=True,
            upgrade_package=("flask", "jinja2<4"),
            resolution="lowest-direct",
            prerelease="allow",
            exclude_newer="2026-01-02",
            no_sources=True,
        ),
        index=IndexOptions(
            default_index="https://d.test",
            index=("https://a.test/simple", "b=https://b.test", "https://c.test"),
            find_links=("wheels", "/more"),
            no_index=True,
            index_strategy="unsafe-best-match",
            keyring_provider="subprocess",
            allow_insecure_host=("a.test", "b.test"),
            refresh=True,
            refresh_package=("flask",),
        ),
        build=BuildOptions(no_build_package=("a", "b"), no_binary=True, no_binary_package=("c",)),
    )


def test_names_of_uv_for_lock() -> None:
    assert read("lock --locked") == LockOptions(check=True)
    assert read("lock --frozen") == LockOptions(check_exists=True)


def test_sync_with_everything() -> None:
    line = (
        "sync --locked --dry-run --check --inexact --no-editable --no-install-project"
        " --no-install-package a --no-install-package b,c --reinstall --reinstall-package d"
        " --link-mode symlink --compile-bytecode --python-platform windows"
        " --extra x --extra y,z --all-extras --no-extra w --group docs --dev --no-group lint"
        " --no-dev --all-groups --no-default-groups --no-build"
    )
    assert read(line) == SyncOptions(
        selection=Selection(
            extras=("x", "y", "z"),
            all_extras=True,
            no_extras=("w",),
            groups=("docs", "dev"),
            no_groups=("lint", "dev"),
            all_groups=True,
            no_default_groups=True,
        ),
        locked=True,
        dry_run=True,
        check=True,
        inexact=True,
        no_editable=True,
        no_install_project=True,
        no_install_packages=("a", "b", "c"),
        reinstall=True,
        reinstall_packages=("d",),
        link_mode="symlink",
        compile_bytecode=True,
        python_platform="windows",
        build=BuildOptions(no_build=True),
    )


def test_only_groups() -> None:
    assert read("sync --only-dev --only-group docs") == SyncOptions(
        selection=Selection(only_groups=("dev", "docs"))
    )


def test_the_last_of_two_opposites_counts() -> None:
    assert read("sync --inexact --exact") == SyncOptions(inexact=False)
    assert read("sync --exact --inexact") == SyncOptions(inexact=True)
    assert read("sync --frozen --no-frozen") == SyncOptions()
    assert read("sync --build --no-build") == SyncOptions(build=BuildOptions(no_build=True))


def test_run_leaves_the_command_alone() -> None:
    line = "run --frozen -p 3.12 --with rich -qw attrs python --version -p 3 --frozen -- -x"
    parsed = parse(line.split(), {}, Registry())
    assert parsed.command is not None
    assert parsed.command.read(parsed.given) == RunOptions(
        command=("python", "--version", "-p", "3", "--frozen", "--", "-x"),
        with_requirements=("rich", "attrs"),
        sync=SyncOptions(frozen=True, inexact=True),
    )
    assert read_global(parsed.given) == GlobalOptions(python="3.12")
    assert parsed.given.count("quiet") == 1


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("run -- --odd -x", ("--odd", "-x")),
        ("run -- -- a", ("--", "a")),
        ("run --with=rich a --help", ("a", "--help")),
        ("run -p3.12 a -V", ("a", "-V")),
        ("run -m pytest -x", ("pytest", "-x")),
        ("run - x", ("-", "x")),
        ("--offline run a", ("a",)),
    ],
)
def test_where_the_command_of_run_starts(line: str, command: tuple[str, ...]) -> None:
    assert read(line).command == command


def test_run_with_everything() -> None:
    line = "run -m --env-file a.env --env-file b.env --isolated --no-project --no-sync mod"
    assert read(line) == RunOptions(
        command=("mod",),
        module=True,
        env_files=("a.env", "b.env"),
        isolated=True,
        no_project=True,
        no_sync=True,
    )
    assert read("run -s --no-env-file x") == RunOptions(
        command=("x",), script=True, no_env_file=True
    )


@for_all(
    st.lists(st.text(max_size=6).filter(lambda word: word != "--"), max_size=5),
    st.sampled_from([[], ["--"]]),
)
def test_whatever_follows_the_command_of_run_is_its_own(
    words: list[str], separator: list[str]
) -> None:
    line = ["run", "--frozen", *separator, "program", *words]
    assert read(line) == RunOptions(
        command=("program", *words), sync=SyncOptions(frozen=True, inexact=True)
    )


def test_run_leaves_what_else_is_installed_unless_exact() -> None:
    assert read(["run", "x"]) == RunOptions(command=("x",))
    assert read(["run", "--exact", "x"]) == RunOptions(command=("x",), sync=SyncOptions())


def test_add() -> None:
    line = [
        *("add", "flask", "--group", "web", "--extra", "async,dotenv", "httpx[http2]>=0.27"),
        *("-r", "reqs.txt", "-m", "sys_platform == 'linux'", "--no-editable", "--raw", "--no-sync"),
        *("--frozen", "-i", "https://a.test/simple"),
    ]
    assert read(line) == AddOptions(
        requirements=("flask", "httpx[http2]>=0.27"),
        requirement_files=("reqs.txt",),
        group="web",
        extras=("async", "dotenv"),
        marker="sys_platform == 'linux'",
        editable=False,
        raw=True,
        no_sync=True,
        sync=SyncOptions(frozen=True, index=IndexOptions(default_index="https://a.test/simple")),
    )


@pytest.mark.parametrize(
    ("index", "name", "places"),
    [
        ("torch", "torch", ()),
        ("torch=https://a.test/simple", "torch", ("torch=https://a.test/simple",)),
        ("https://a.test/simple", None, ("https://a.test/simple",)),
        ("https://a.test/?x=1", None, ("https://a.test/?x=1",)),
        ("./wheels", None, ("./wheels",)),
    ],
)
def test_index_of_add(index: str, name: str | None, places: tuple[str, ...]) -> None:
    assert read(["add", "a", "--index", index]) == AddOptions(
        requirements=("a",), index_name=name, sync=SyncOptions(index=IndexOptions(index=places))
    )


def test_dev_is_the_group_dev() -> None:
    assert read("add --dev a") == AddOptions(requirements=("a",), group="dev")
    assert read("remove --dev a b") == RemoveOptions(packages=("a", "b"), group="dev")
    assert read("remove a --optional x --no-sync") == RemoveOptions(
        packages=("a",), optional="x", no_sync=True
    )


def test_words_after_two_dashes_are_arguments() -> None:
    assert read("add --dev -- -odd --group") == AddOptions(
        requirements=("-odd", "--group"), group="dev"
    )


def test_init() -> None:
    assert read("init") == InitOptions()
    line = ["init", "app", "--name", "n", "--description", "two words", "--bare", "--lib"]
    line += ["--no-package", "--no-readme", "--no-pin-python"]
    assert read(line) == InitOptions(
        path="app",
        name="n",
        description="two words",
        bare=True,
        library=True,
        package=False,
        no_readme=True,
        no_pin_python=True,
    )
    assert read("init --lib --app --package") == InitOptions(package=True)


def test_tree() -> None:
    line = (
        "tree -d 2 --prune a,b --package c --no-dedupe --invert --python-platform linux"
        " --python-version 3.12 --frozen --extra x --resolution lowest --no-index"
    )
    assert read(line) == TreeOptions(
        depth=2,
        prune=("a", "b"),
        packages=("c",),
        no_dedupe=True,
        invert=True,
        python_platform="linux",
        python_version="3.12",
        frozen=True,
        selection=Selection(extras=("x",)),
        resolve=ResolveOptions(resolution="lowest"),
        index=IndexOptions(no_index=True),
    )
    assert read("tree --universal --depth=0") == TreeOptions(universal=True, depth=0)


def test_export() -> None:
    line = (
        "export --no-hashes --no-annotate --no-header --no-editable --no-emit-project"
        " --no-emit-package a -o reqs.txt --locked --only-group docs"
    )
    assert read(line) == ExportOptions(
        output_file="reqs.txt",
        no_hashes=True,
        no_annotate=True,
        no_header=True,
        no_editable=True,
        no_emit_project=True,
        no_emit_packages=("a",),
        locked=True,
        selection=Selection(only_groups=("docs",)),
    )


def test_export_tells_the_format_by_the_name() -> None:
    assert read("export -o pylock.docs.toml").format == "pylock.toml"
    assert read("export -o a.toml --format requirements.txt").format == "requirements.txt"


def test_venv() -> None:
    assert read("venv env --prompt p --system-site-packages -c") == VenvOptions(
        path="env", prompt="p", system_site_packages=True, clear=True
    )
    assert read("venv --allow-existing") == VenvOptions(allow_existing=True)


def test_python() -> None:
    assert read("python list --all-versions --no-project") == PythonOptions(
        all_versions=True, no_project=True
    )
    assert read("python find 3.12") == PythonOptions(request="3.12")
    assert read("-p 3.13 python find") == PythonOptions(request="3.13")


def test_cache() -> None:
    assert read("cache clean flask jinja2") == ("flask", "jinja2")
    assert read("cache clean") == ()
    assert read("cache dir") is None


@pytest.mark.parametrize(
    "line",
    [
        "{} python list",
        "python {} list",
        "python list {}",
    ],
)
def test_global_options_stand_anywhere(line: str) -> None:
    options = (
        "--project a --directory b --config-file c --cache-dir d -n --offline -p 3.12"
        " -vv --color never --no-progress"
    )
    parsed = parse(line.format(options).split(), {}, Registry())
    assert parsed.name == "python list"
    assert read_global(parsed.given) == GlobalOptions(
        project="a",
        directory="b",
        config_file="c",
        cache_dir="d",
        no_cache=True,
        offline=True,
        python="3.12",
    )
    assert parsed.given.count("verbose") == 2
    assert parsed.given.text("color") == "never"
    assert parsed.given.flag("no_progress")


def test_help_and_version_win_over_missing_arguments() -> None:
    assert parse(["remove", "--help"], {}, Registry()).help
    assert parse(["remove", "-V"], {}, Registry()).version
    assert parse(["python", "-h"], {}, Registry()).name == "python"
    assert parse(["-h"], {}, Registry()).name == ""


@pytest.mark.parametrize(
    ("line", "message", "hints"),
    [
        (
            "snyc",
            "there is no command `wheelright snyc`",
            ("did you mean `wheelright sync`?",),
        ),
        (
            "--offline update",
            "there is no command `wheelright update`",
            ("did you mean `wheelright lock --upgrade`?",),
        ),
        (
            "xyzzy",
            "there is no command `wheelright xyzzy`",
            ("`wheelright help` lists the commands",),
        ),
        (
            "python fnid",
            "there is no command `wheelright python fnid`",
            ("did you mean `wheelright python find`?",),
        ),
        (
            "cache xyzzy",
            "there is no command `wheelright cache xyzzy`",
            ("`wheelright help cache` lists its commands",),
        ),
        (
            "sync --frozn",
            "`wheelright sync` has no option `--frozn`",
            ("did you mean `--frozen`?",),
        ),
        (
            "sync --all-extra=x",
            "`wheelright sync` has no option `--all-extra`",
            ("did you mean `--all-extras`?",),
        ),
        (
            "lock --xyzzy",
            "`wheelright lock` has no option `--xyzzy`",
            ("`wheelright lock --help` lists the options",),
        ),
        (
            "--ofline lock",
            "`wheelright lock` has no option `--ofline`",
            ("did you mean `--offline`?",),
        ),
        (
            "--ofline",
            "`wheelright` has no option `--ofline`",
            ("did you mean `--offline`?",),
        ),
        (
            "lock -P",
            "`-P` needs a value",
            ("`wheelright lock --help` lists the options",),
        ),
        (
            "lock --index --offline",
            "`--index` needs a value",
            ("`wheelright lock --help` lists the options",),
        ),
        (
            "lock --dry-run=yes",
            "`--dry-run` takes no value",
            ("`wheelright lock --help` lists the options",),
        ),
        (
            "lock --resolution lowst",
            "`--resolution` must be one of `highest`, `lowest`, `lowest-direct`, not `lowst`",
            ("did you mean `lowest`?",),
        ),
        ("tree -d many", "`-d` must be a number, not `many`", ()),
        (
            "remove",
            "`wheelright remove` needs a PACKAGE",
            ("usage: wheelright remove [OPTIONS] PACKAGE...",),
        ),
        (
            "venv a b",
            "`wheelright venv` does not take `b`",
            ("usage: wheelright venv [OPTIONS] [PATH]",),
        ),
        (
            "lock now",
            "`wheelright lock` does not take `now`",
            ("usage: wheelright lock [OPTIONS]",),
        ),
        (
            "remove --frozen",
            "`wheelright remove` needs a PACKAGE",
            ("usage: wheelright remove [OPTIONS] PACKAGE...",),
        ),
        ("sync --frozen --locked", "`--frozen` and `--locked` exclude each other", ()),
        ("sync -U --frozen", "`-U` and `--frozen` exclude each other", ()),
        ("-q -v lock", "`-q` and `-v` exclude each other", ()),
        ("add a --dev --optional x", "`--dev` and `--optional` exclude each other", ()),
        (
            "venv --clear --allow-existing",
            "`--clear` and `--allow-existing` exclude each other",
            (),
        ),
    ],
)
def test_refusals(line: str, message: str, hints: tuple[str, ...]) -> None:
    assert refusal(line) == (message, hints)


def test_options_are_never_abbreviated() -> None:
    assert refusal("sync --froz")[0] == "`wheelright sync` has no option `--froz`"


@for_all(st.lists(st.text(max_size=8), max_size=6))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    try:
        parsed = parse(words, {}, Registry())
    except CommandLineError:
        return
    assert parsed.name in {"", *Registry().groups} or parsed.command is not None
