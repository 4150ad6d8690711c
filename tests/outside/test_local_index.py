"""The fixture that other tests stand on: what it serves, and that its faults are faults."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from installer.sources import WheelFile
from packaging.metadata import Metadata

from support.wheels import make_sdist, make_wheel, sdist_files, wheel_metadata, write_project
from wheelright.outside.connections import Proxies
from wheelright.outside.http import Http, HttpError, HttpSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.local_index import Fault, LocalIndex

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def client() -> Iterator[Http]:
    with Http(HttpSettings(retries=0, timeout=0.3, proxies=Proxies())) as client:
        yield client


def test_a_wheel_passes_another_reader(tmp_path: Path) -> None:
    name, data = make_wheel(
        "My.Project",
        "1.0",
        requires=["b>=2"],
        extras={"fast": ["c; python_version > '3'"]},
        scripts={"go": "my_project:main"},
    )
    assert name == "my_project-1.0-py3-none-any.whl"
    assert make_wheel("x", "1") == make_wheel("x", "1")
    (tmp_path / name).write_bytes(data)
    with WheelFile.open(tmp_path / name) as wheel:
        wheel.validate_record(validate_contents=True)
        metadata = Metadata.from_email(wheel.read_dist_info("METADATA"))
    assert metadata.name == "My.Project"
    assert [str(requirement) for requirement in metadata.requires_dist or ()] == [
        "b>=2",
        'c; python_version > "3" and extra == "fast"',
    ]


def test_broken_wheels_are_broken() -> None:
    for fault in ("not-a-zip", "truncated"):
        _, data = make_wheel("x", "1", broken=fault)
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(BytesIO(data))
    assert wheel_metadata(make_wheel("x", "1", broken="metadata-missing")[1]) is None
    _, data = make_wheel("x", "1", broken="escape")
    assert "../escaped.py" in zipfile.ZipFile(BytesIO(data)).namelist()


def test_an_sdist_builds_by_itself(tmp_path: Path) -> None:
    name, data = make_sdist("My.Project", "1.0", requires=["b"], dynamic=["Requires-Dist"])
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        archive.extractall(tmp_path, filter="data")
    tree = tmp_path / name.removesuffix(".tar.gz")
    assert b"Requires-Dist" not in (tree / "PKG-INFO").read_bytes().replace(
        b"Dynamic: Requires-Dist", b""
    )
    code = "import in_tree_backend as b, sys; print(b.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    built = tmp_path / done.stdout.strip()
    with WheelFile.open(built) as wheel:
        wheel.validate_record(validate_contents=True)
        assert "Requires-Dist: b" in wheel.read_dist_info("METADATA")


def test_a_source_tree_is_a_project_on_disk(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "app", sdist_files("app", "1", requires=['b; os_name=="x"']))
    assert 'dependencies = ["b; os_name==\\"x\\""]' in (folder / "pyproject.toml").read_text()


def test_pages_list_what_was_added(local_index: LocalIndex, client: Http) -> None:
    local_index.add("a", "1.0", requires=["b>=2"], sdist=True, requires_python=">=3.8")
    local_index.add("a", "1.1", yanked="it is <bad>")
    page = json.loads(client.get(local_index.url + "a/", headers=JSON).body)
    assert page["meta"] == {"api-version": "1.1"}
    assert page["versions"] == ["1.0", "1.1"]
    wheel, sdist, yanked = page["files"]
    assert wheel["requires-python"] == ">=3.8"
    assert wheel["upload-time"] == "2024-01-01T00:00:00Z"
    assert sdist["filename"] == "a-1.0.tar.gz"
    assert yanked["yanked"] == "it is <bad>"
    data = client.get(wheel["url"]).body
    assert (len(data), hashlib.sha256(data).hexdigest()) == (
        wheel["size"],
        wheel["hashes"]["sha256"],
    )
    metadata = client.get(wheel["url"] + ".metadata").body
    assert hashlib.sha256(metadata).hexdigest() == wheel["core-metadata"]["sha256"]
    text = client.get(local_index.url + "a/").body.decode()
    assert 'data-yanked="it is &lt;bad&gt;"' in text
    assert 'data-requires-python="&gt;=3.8"' in text
    assert [local_index.count("page"), local_index.count("file")] == [2, 1]
    assert local_index.count("metadata", path="*/a-1.0-*") == 1


def test_ranges_validators_and_redirects(local_index: LocalIndex, client: Http) -> None:
    [listed] = local_index.add("a", "1.0")
    url = local_index.file_url(listed.name)
    tail = client.get(url, headers={"Range": "bytes=-10"})
    assert (tail.status, tail.body) == (206, listed.data[-10:])
    size = len(listed.data)
    assert tail.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"
    part = client.get(url, headers={"Range": "bytes=5-9"})
    assert part.body == listed.data[5:10]
    with pytest.raises(HttpError) as caught:
        client.get(url, headers={"Range": f"bytes={size}-"})
    assert caught.value.status == 416
    assert local_index.count("range") == 3
    first = client.get(local_index.url + "a/")
    assert first.headers["cache-control"] == "max-age=600"
    again = client.get(local_index.url + "a/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert client.get(local_index.url + "A").url == local_index.url + "a/"


@pytest.mark.parametrize(
    ("fault", "causes"),
    [
        ("401", ["401 Unauthorized"] * 2),
        ("403", ["403 Forbidden"] * 2),
        ("404", ["404 Not Found"] * 2),
        ("410", ["410 Gone"] * 2),
        ("429", ["429 Too Many Requests", ""]),
        ("500", ["500 Internal Server Error"] * 2),
        ("500-twice", ["500 Internal Server Error"] * 2 + [""]),
        ("cut-once", ["the body broke off after 50 of 100 bytes", ""]),
        ("cut", ["the body broke off after 50 of 100 bytes"] * 2),
        ("slow", [""]),
        ("stall", ["no answer from `127.0.0.1` for 0.3 seconds"]),
    ],
)
def test_faults_on_the_way(
    local_index: LocalIndex, client: Http, fault: Fault, causes: list[str]
) -> None:
    local_index.add_file("a", "1", "a-1.tar.gz", b"x" * 100)
    local_index.fault("*.tar.gz", fault)
    assert [outcome(client, local_index.file_url("a-1.tar.gz")) for _ in causes] == causes
    local_index.heal()
    assert client.get(local_index.file_url("a-1.tar.gz")).status == 200


def outcome(client: Http, url: str) -> str:
    """Return the cause of a failure, or nothing for the right bytes."""
    try:
        body = client.get(url).body
    except HttpError as error:
        return error.cause
    return "" if body == b"x" * 100 else "wrong bytes"


def test_faults_in_listings(local_index: LocalIndex, client: Http) -> None:
    [listed] = local_index.add("a", "1")
    local_index.fault(listed.name, "wrong-hash", "wrong-length", "no-metadata")
    page = json.loads(client.get(local_index.url + "a/", headers=JSON).body)
    [entry] = page["files"]
    assert entry["hashes"] != listed.hashes
    assert entry["size"] == len(listed.data) + 7
    assert "core-metadata" not in entry
    with pytest.raises(HttpError, match="404"):
        client.get(entry["url"] + ".metadata")
    local_index.heal()
    local_index.fault(listed.name, "no-ranges", "no-hash")
    whole = client.get(entry["url"], headers={"Range": "bytes=-1"})
    assert (whole.status, whole.body) == (200, listed.data)
    assert "#sha256" not in client.get(local_index.url + "a/").body.decode()


def test_a_plain_old_server(make_index: Callable[..., LocalIndex], client: Http) -> None:
    index = make_index(html_only=True, metadata=False, ranges=False, cache_headers=False)
    index.add("a", "1")
    page = client.get(index.url + "a/", headers=JSON)
    assert page.headers["content-type"] == "application/vnd.pypi.simple.v1+html"
    assert not {"etag", "cache-control"} & set(page.headers)
    assert b"metadata" not in page.body


def test_credentials_are_demanded(make_index: Callable[..., LocalIndex], client: Http) -> None:
    index = make_index(credentials=("joe", "secret"))
    index.add("a", "1")
    with pytest.raises(HttpError) as caught:
        client.get(index.url + "a/")
    assert caught.value.status == 401
    assert client.get(index.url_with_credentials + "a/").status == 200


def test_the_way_out_is_shut(client: Http) -> None:
    with pytest.raises(pytest.fail.Exception, match="is it to be marked `network`"):
        client.get("http://192.0.2.1/")
