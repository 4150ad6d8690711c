"""Credentials: where they come from, whom they are for, and that nobody sees them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from wheelright.index import Credentials, Indexes, IndexSource, IndexUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.local_index import LocalIndex

    Open = Callable[..., Indexes]
    MakeIndex = Callable[..., LocalIndex]

URL = "https://index.invalid/simple/"
SECRET = "s3cr3t/p@ss"


@pytest.fixture
def netrc(home: Path) -> Path:
    path = home / ".netrc"
    path.write_text(f'machine index.invalid login joe password "{SECRET}"\n')
    path.chmod(0o600)
    return path


def answer(source: IndexSource, heard: Any, url: str | None = None, **options: Any) -> Any:
    environ = options.pop("environ", {})
    return Credentials([source], environ, heard, **options)(url or source.url)


def test_from_the_url(heard: Any) -> None:
    source = IndexSource(None, "https://joe:s3cr3t%2Fp%40ss@index.invalid/simple")
    assert source.url == URL
    assert answer(source, heard) == ("joe", SECRET)


@pytest.mark.parametrize("prefix", ["WHEELRIGHT", "UV"])
def test_from_variables_named_after_the_index(heard: Any, prefix: str) -> None:
    environ = {
        f"{prefix}_INDEX_MY_GPU_2_USERNAME": "joe",
        f"{prefix}_INDEX_MY_GPU_2_PASSWORD": SECRET,
    }
    assert answer(IndexSource("my-gpu.2", URL), heard, environ=environ) == ("joe", SECRET)
    assert answer(IndexSource("other", URL), heard, environ=environ) is None


def test_a_user_in_the_url_is_completed_by_a_password_elsewhere(heard: Any, netrc: Path) -> None:
    environ = {"WHEELRIGHT_INDEX_GPU_PASSWORD": "token"}
    source = IndexSource("gpu", "https://ann@index.invalid/simple/")
    assert answer(source, heard, environ=environ) == ("ann", "token")
    joe = IndexSource(None, "https://joe@index.invalid/simple/")
    assert answer(joe, heard) == ("joe", SECRET)
    assert answer(source, heard) == ("ann", "")  # another's password is not sent for ann


def test_from_netrc(heard: Any, netrc: Path, tmp_path: Path) -> None:
    source = IndexSource(None, URL)
    assert answer(source, heard) == ("joe", SECRET)
    assert answer(source, heard, "https://else.invalid/x") is None
    other = tmp_path / "other"
    other.write_text("machine index.invalid login ann password x\n")
    assert answer(source, heard, environ={"NETRC": str(other)}) == ("ann", "x")


def test_a_broken_netrc_is_told_without_its_text(heard: Any, netrc: Path) -> None:
    netrc.write_text(f"machine index.invalid login joe\nbanana {SECRET}\n")
    credentials = Credentials([], {}, heard)
    for _ in range(2):
        assert credentials(URL) is None
    assert heard.warnings == [f"`{netrc}:2` is not valid and gives no credentials"]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://index.invalid/files/x.whl", True),
        ("https://index.invalid:443/files/x.whl", True),
        ("https://INDEX.invalid/x", True),
        ("http://index.invalid/simple/", False),
        ("https://index.invalid:8443/simple/", False),
        ("https://index.invalid.evil/simple/", False),
        ("https://files.index.invalid/x", False),
        ("file:///simple/", False),
        ("nonsense", False),
        ("https://[bad/", False),
    ],
)
def test_they_are_for_their_origin_only(heard: Any, url: str, same: bool) -> None:
    source = IndexSource(None, "https://joe:x@index.invalid/simple/")
    assert (answer(source, heard, url) == ("joe", "x")) is same


def test_two_indexes_on_one_host_have_their_own(heard: Any) -> None:
    sources = [
        IndexSource(None, "https://a:1@index.invalid/one/simple/"),
        IndexSource(None, "https://b:2@index.invalid/two/simple/"),
    ]
    credentials = Credentials(sources, {}, heard)
    assert credentials("https://index.invalid/one/simple/foo/") == ("a", "1")
    assert credentials("https://index.invalid/two/simple/foo/") == ("b", "2")


def test_authenticate_never_sends_nothing(heard: Any, netrc: Path) -> None:
    assert answer(IndexSource(None, URL, authenticate="never"), heard) is None


# --- the keyring


@pytest.fixture
def keyring_program(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Put a ``keyring`` program on a search path of its own; it logs what it is asked."""

    def make(body: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "keyring"
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n{body}\n')
        program.chmod(0o755)
        return {"PATH": f"{folder}:/usr/bin:/bin"}

    return make


unix = pytest.mark.skipif(sys.platform == "win32", reason="the keyring here is a shell script")


@unix
def test_the_keyring_completes_a_user(
    heard: Any, keyring_program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = keyring_program(f'[ "$2" = index.invalid ] && echo "{SECRET}"')
    monkeypatch.setenv("PATH", environ["PATH"])
    source = IndexSource(None, "https://joe@index.invalid/simple/")
    credentials = Credentials([source], environ, heard, keyring="subprocess")
    for _ in range(3):
        assert credentials(URL) == ("joe", SECRET)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == [f"get {URL} joe", "get index.invalid joe"]


@unix
def test_the_keyring_is_asked_for_a_user_once_an_index_refuses(
    open_indexes: Open,
    make_index: MakeIndex,
    heard: Any,
    keyring_program: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    index = make_index(credentials=("joe", SECRET))
    index.add("foo", "1.0")
    environ = keyring_program(f'echo joe; echo "{SECRET}"')
    monkeypatch.setenv("PATH", environ["PATH"])
    source = IndexSource(None, index.url)
    credentials = Credentials([source], environ, heard, keyring="subprocess")
    indexes = open_indexes(source, credentials=credentials)
    (release,) = indexes.page("foo").releases
    assert indexes.metadata("foo", "1.0", release.files).name == "foo"
    assert [request.status for request in index.log] == [401, 200, 200]
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == [f"--mode creds get {index.url}foo/"]


@unix
def test_a_keyring_that_knows_nothing_is_asked_once(
    heard: Any, keyring_program: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environ = keyring_program("exit 1")
    monkeypatch.setenv("PATH", environ["PATH"])
    credentials = Credentials([IndexSource(None, URL)], environ, heard, keyring="subprocess")
    assert credentials(URL) is None
    assert not (tmp_path / "asked").exists()
    for _ in range(2):
        assert credentials.ask(URL) is False
    assert len((tmp_path / "asked").read_text().splitlines()) == 2


def test_a_missing_keyring_is_told(heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    source = IndexSource(None, URL, authenticate="always")
    environ = {"PATH": "/nowhere"}
    assert answer(source, heard, environ=environ, keyring="subprocess") is None
    (warning,) = heard.warnings
    assert warning.startswith("The keyring was not asked: ")


# --- shown nowhere


def test_they_open_the_index_and_are_kept_nowhere(
    open_indexes: Open, make_index: MakeIndex, heard: Any, cache_dir: Path
) -> None:
    index = make_index(credentials=("joe", "s3cr3t"), metadata=False)
    index.add("foo", "1.0", tags=["cp311-cp311-win_amd64", "cp312-cp312-win_amd64"])
    index.fault("*cp311*", "404")
    indexes = open_indexes(index.url_with_credentials)
    page = indexes.page("foo")
    metadata = indexes.metadata("foo", "1.0", page.releases[0].files)
    with indexes.open(page.releases[0].files[1]) as chunks:
        assert b"".join(chunks)
    shown = repr((page, metadata, indexes.sources, heard.warnings, heard.details))
    assert "s3cr3t" not in shown
    assert "joe" not in shown
    kept = [path for path in cache_dir.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert b"s3cr3t" not in path.read_bytes()
        assert "s3cr3t" not in str(path)


def test_a_refusal_does_not_show_them(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(credentials=("joe", "right"))
    url = index.url.replace("://", "://joe:s3cr3t@")
    with pytest.raises(IndexUnreachableError) as caught:
        open_indexes(url).page("foo")
    error = caught.value
    text = " ".join([error.message, error.where or "", *error.details, *error.hints])
    assert "s3cr3t" not in text
    assert error.message == "The index does not answer for `foo`: 401 Unauthorized"
