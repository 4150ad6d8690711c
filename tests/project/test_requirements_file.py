"""Requirements files: what pip takes arrives typed, anything else is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.errors import WheelrightError
from wheelright.project.errors import ProjectFileError
from wheelright.project.requirements_file import (
    RequirementsFile,
    parse_requirements_text,
    read_requirements_file,
)
from wheelright.project.sources import GitSource, PathSource, UrlSource

HERE = Path("/x/requirements.txt")


def parse(text: str, **environ: str) -> RequirementsFile:
    return parse_requirements_text(HERE, text, environ)


def texts(found: RequirementsFile) -> list[str]:
    return [str(one.requirement) for one in found.requirements]


def test_requirements_comments_and_continued_lines() -> None:
    found = parse(
        "# head\nFlask >= 3  # the server\n\nnumpy \\\n  ==1.26.4 \\\n"
        "  --hash=sha256:AB \\\n  --hash sha512:cd\n# a comment that ends in \\\n"
        "rich ; python_version < '3.12'\r\n"
    )
    assert texts(found) == ["flask>=3", "numpy==1.26.4", 'rich; python_version < "3.12"']
    assert [one.line for one in found.requirements] == [2, 4, 9]
    assert found.requirements[1].hashes == ("sha256:ab", "sha512:cd")


def test_options() -> None:
    found = parse(
        "--index-url https://a.test/simple\n--extra-index-url=https://b.test/simple\n"
        "-f ./wheels\n--find-links https://c.test/\n--no-index\n--pre\n--prefer-binary\n"
        "--no-binary :all:\n--no-binary :none:\n--no-binary Foo_Bar,b\n--only-binary=:all:\n"
        "--require-hashes\n--trusted-host a.test\n--use-feature x\n"
    )
    assert found == RequirementsFile(
        HERE,
        index_url="https://a.test/simple",
        extra_index_urls=("https://b.test/simple",),
        find_links=("file:///x/wheels", "https://c.test/"),
        no_index=True,
        pre=True,
        prefer_binary=True,
        no_binary=("foo-bar", "b"),
        only_binary=(":all:",),
        require_hashes=True,
        trusted_hosts=("a.test",),
    )


LOCATIONS = {
    "./pkg": PathSource(path="/x/pkg"),
    "../pkg/": PathSource(path="/pkg"),
    "wheels/a-1-py3-none-any.whl": PathSource(path="/x/wheels/a-1-py3-none-any.whl"),
    "a-1.tar.gz": PathSource(path="/x/a-1.tar.gz"),
    "file:///y/a%20b.zip": PathSource(path="/y/a b.zip"),
    "https://x.test/a.zip#subdirectory=s": UrlSource(url="https://x.test/a.zip", subdirectory="s"),
    "git+https://x.test/r.git@v1#subdirectory=s": GitSource(
        git="https://x.test/r.git", rev="v1", subdirectory="s"
    ),
    "git+ssh://git@x.test/r.git": GitSource(git="ssh://git@x.test/r.git"),
}


@pytest.mark.parametrize(("text", "source"), LOCATIONS.items(), ids=list(LOCATIONS))
@pytest.mark.parametrize("editable", [False, True])
def test_paths_and_urls(text: str, source: object, editable: bool) -> None:
    (line,) = parse(f"-e {text}\n" if editable else f"{text}\n").requirements
    assert (line.source, line.editable, line.requirement) == (source, editable, None)


def test_a_path_with_extras_and_a_marker() -> None:
    (line,) = parse('./pkg[B,a] ; os_name == "nt"\n').requirements
    assert (line.source, line.extras) == (PathSource(path="/x/pkg"), ("a", "b"))
    assert str(line.marker) == 'os_name == "nt"'


def test_a_named_url() -> None:
    (line,) = parse("Pkg[x] @ https://x.test/pkg.whl --hash=sha256:0\n").requirements
    assert line.requirement is not None
    assert (line.requirement.name, line.requirement.extras) == ("pkg", ("x",))
    assert line.source == UrlSource(url="https://x.test/pkg.whl")


def test_an_egg_names_what_a_url_holds() -> None:
    (line,) = parse("git+https://x.test/r.git#egg=Some_Thing&subdirectory=s\n").requirements
    assert line.requirement is not None
    assert line.requirement.name == "some-thing"
    assert line.source == GitSource(git="https://x.test/r.git", subdirectory="s")


def test_variables() -> None:
    found = parse(
        "--index-url https://${USER}:${TOKEN}@a.test/${none}/${NONE}\n", USER="u", TOKEN="t"
    )
    assert found.index_url == "https://u:t@a.test/${none}/${NONE}"
    assert "u:t" not in repr(found)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ProjectFileError) as caught:
        parse("a==${VERSION}\n", VERSION="")
    assert caught.value.hints == ("the variable `VERSION` is not set, or empty",)


def test_includes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("-r sub/b.txt\n-c sub/c.txt\na\n")
    (tmp_path / "sub" / "b.txt").write_text("-r d.txt\nb\n--pre\n")
    (tmp_path / "sub" / "d.txt").write_text("./d\n")
    (tmp_path / "sub" / "c.txt").write_text("c<2\n-r e.txt\n")
    (tmp_path / "sub" / "e.txt").write_text("e<2\n")
    found = read_requirements_file(tmp_path / "a.txt", {})
    assert texts(found) == ["None", "b", "a"]
    assert found.requirements[0].source == PathSource(path=str(tmp_path / "sub" / "d"))
    assert [str(one.requirement) for one in found.constraints] == ["c<2", "e<2"]
    assert found.pre


def test_an_include_by_url_is_fetched_and_read_from_there(tmp_path: Path) -> None:
    pages = {"https://x.test/a/b.txt": "-r c.txt\nb\n", "https://x.test/a/c.txt": "c\n"}
    (tmp_path / "a.txt").write_text("-r https://x.test/a/b.txt\n")
    assert texts(read_requirements_file(tmp_path / "a.txt", {}, fetch=pages.__getitem__)) == [
        "c",
        "b",
    ]


FAULTS = {
    "a bad requirement": (
        "ok\nflask >> 3\n",
        (
            "The line is not a valid requirement: `flask >> 3`: expected semicolon (after name "
            "with no "
            "version specifier) or end"
        ),
        (2, 7, 1),
        (),
    ),
    "an unknown option": (
        "--find-link x\n",
        "`--find-link` is not an option of a requirements file",
        (1, 1, 11),
        ("Did you mean `--find-links`?",),
    ),
    "a missing value": ("-r\n", "`-r` needs a value", (1, 1, 2), ()),
    "a bad hash": (
        "a --hash=md5:00\n",
        "`md5:00` is not a hash",
        (1, 10, 6),
        ("Write `--hash=sha256:` and the hexadecimal digest (sha256, sha384 or sha512)",),
    ),
    "a hash alone": (
        "--hash=sha256:00\n",
        "`--hash` belongs to a requirement and stands alone here",
        (1, 1, 16),
        (),
    ),
    "an option behind a requirement": (
        "a --pre\n",
        "`--pre` cannot stand on the line of a requirement",
        (1, 3, 5),
        (),
    ),
    "an open quotation": ("-r 'a\n", "A quotation mark is not closed", (1, 1, 5), ()),
    "a bad marker": (
        "./a ; os_nam == 'nt'\n",
        (
            "The marker is not a valid marker: `os_nam == 'nt'`: expected a marker variable or "
            "quoted "
            "string"
        ),
        (1, 7, 14),
        (),
    ),
    "a missing include": (
        "-r none.txt\n",
        "The included file `/x/none.txt` does not exist",
        (1, 1, 11),
        (),
    ),
    "an include of itself": (
        "-r ../x/requirements.txt\n",
        "The included file `/x/../x/requirements.txt` does not exist",
        (1, 1, 24),
        (),
    ),
    "an include by URL": (
        "-r https://me:pw@x.test/a.txt\n",
        "`https://*****@x.test/a.txt` is a URL, and no file can be fetched here",
        (1, 1, 29),
        (),
    ),
}


@pytest.mark.parametrize(("text", "message", "place", "hints"), FAULTS.values(), ids=list(FAULTS))
def test_faults(
    text: str, message: str, place: tuple[int, int, int], hints: tuple[str, ...]
) -> None:
    with pytest.raises(ProjectFileError) as caught:
        parse(text)
    error = caught.value
    assert (error.message, error.hints) == (message, hints)
    excerpt = error.excerpt
    assert excerpt is not None
    assert (excerpt.line, excerpt.column, excerpt.length) == place
    assert error.where == f"{HERE}:{excerpt.line}"
    assert "me:pw" not in excerpt.text


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("-r b.txt\n")
    second.write_text("-r a.txt\n")
    with pytest.raises(ProjectFileError) as caught:
        read_requirements_file(first, {})
    assert caught.value.message == (
        f"The file includes itself: `{first}` -> `{second}` -> `{first}`"
    )
    assert caught.value.where == f"{second}:1"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError) as caught:
        read_requirements_file(tmp_path / "none.txt", {})
    assert caught.value.message == f"The requirements file `{tmp_path / 'none.txt'}` does not exist"


pieces = st.sampled_from(
    ["flask", ">=1", "[a]", " ; os_name == 'nt'", " @ ", "https://x.test/a.whl", "./p", "-e ",
     "-c ", " --hash=sha256:00", "--pre", " \\\n", "\n",
     "# c", "'", '"', "${A}", "\t", "git+", "\\", "é"]
)  # fmt: skip


@given(st.lists(pieces, max_size=12).map("".join))
def test_no_text_breaks_the_reader_otherwise_than_by_an_error(text: str) -> None:
    try:
        parse(text, A="x")
    except WheelrightError as error:
        assert error.where is not None  # noqa: PT017 - either outcome is right
        assert error.where.startswith(f"{HERE}:")  # noqa: PT017


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["flask>=1", "b[x]==2", "c; os_name == 'nt'", "d @ https://x.test/d.whl"]
            ),
            st.sampled_from(["", "  # note", " \\\n"]),
            st.sampled_from(["", "\n", "# head\n"]),
        ),
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_style_does_not_change_what_is_read(
    lines: list[tuple[str, str, str]], newline: str
) -> None:
    plain = "".join(f"{one}\n" for one, _, _ in lines)
    styled = "".join(f"{above}{one}{after}\n" for one, after, above in lines).replace("\n", newline)
    assert texts(parse(styled)) == texts(parse(plain))
