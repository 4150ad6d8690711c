"""The client against real servers on this machine."""

from __future__ import annotations

import gzip
import os
import ssl
import subprocess
import threading
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from support.local_site import LocalProxy, LocalSite, Reply, Seen
from wheelright.errors import UsageError
from wheelright.outside.connections import Proxies
from wheelright.outside.http import Http, HttpError, HttpSettings, OfflineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "s3cr3t"


def encoded(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


class Waits(list[float]):
    """Keeps how long the client wanted to wait, and does not."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def make_client(waits: Waits) -> Iterator[Callable[..., Http]]:
    clients: list[Http] = []

    def make(**settings: Any) -> Http:
        merged: dict[str, Any] = {"timeout": 5.0, "proxies": Proxies(), "sleep": waits, **settings}
        clients.append(Http(HttpSettings(**merged)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., Http]) -> Http:
    return make_client()


@pytest.fixture
def make_site() -> Iterator[Callable[..., LocalSite]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *replies, **options: stack.enter_context(
            LocalSite(scripted(*replies), **options)
        )


def scripted(*replies: Reply | Callable[[Seen], Reply]) -> Callable[[Seen], Reply]:
    """Answer with one reply after the other; the last for ever."""
    left = list(replies) or [Reply(body=b"fine")]

    def answer(seen: Seen) -> Reply:
        reply = left.pop(0) if len(left) > 1 else left[0]
        return reply if isinstance(reply, Reply) else reply(seen)

    return answer


# Answers.


def test_an_answer_is_whole_and_its_headers_are_lower_case(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(body=b"hello", headers=(("X-One", "a"), ("x-one", "b"))))
    response = client.get(site.url + "/a b/é?q=1 2", headers={"Accept": "text/plain"})
    assert (response.status, response.body) == (200, b"hello")
    assert response.headers["x-one"] == "a, b"
    [seen] = site.seen
    assert seen.target == "/a%20b/%C3%A9?q=1%202"
    assert seen.headers["accept"] == "text/plain"
    assert seen.headers["user-agent"].startswith("wheelright/")
    assert seen.headers["accept-encoding"] == "gzip, deflate"


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", bare_deflate)],
)
def test_encoded_bodies_are_decoded(
    client: Http,
    make_site: Callable[..., LocalSite],
    encoding: str,
    pack: Callable[[bytes], bytes],
) -> None:
    site = make_site(Reply(body=pack(b"text " * 100), headers=(("Content-Encoding", encoding),)))
    assert client.get(site.url).body == b"text " * 100


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"no"), ("br", b"unknown")])
def test_a_body_that_cannot_be_decoded_is_an_error(
    make_client: Callable[..., Http],
    make_site: Callable[..., LocalSite],
    encoding: str,
    body: bytes,
) -> None:
    site = make_site(Reply(body=body, headers=(("Content-Encoding", encoding),)))
    with pytest.raises(HttpError) as caught:
        make_client(retries=0).get(site.url + "/page")
    assert caught.value.message == (
        f"Could not fetch `{site.url}/page`: the body is not valid `{encoding}`"
    )


def test_a_cut_gzip_body_is_an_error(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite]
) -> None:
    body = gzip.compress(os.urandom(500))[:-20]
    site = make_site(Reply(body=body, headers=(("Content-Encoding", "gzip"),)))
    with pytest.raises(HttpError, match="not valid `gzip`"):
        make_client(retries=0).get(site.url)


def test_a_range_shows_in_status_and_header(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(206, b"cd", (("Content-Range", "bytes 2-3/9"),)))
    response = client.get(site.url, headers={"Range": "bytes=2-3"})
    assert (response.status, response.body) == (206, b"cd")
    assert response.headers["content-range"] == "bytes 2-3/9"
    assert site.seen[0].headers["accept-encoding"] == "identity"


def test_statuses_that_were_not_asked_for_are_errors(
    client: Http, make_site: Callable[..., LocalSite], waits: Waits
) -> None:
    site = make_site(Reply(404, b"nothing"), Reply(599), Reply(404))
    with pytest.raises(HttpError) as caught:
        client.get(site.url + "/a?token=x")
    error = caught.value
    assert error.message == f"Could not fetch `{site.url}/a?token=***`: 404 Not Found"
    assert (error.status, error.cause, error.transient) == (404, "404 Not Found", False)
    assert error.url == f"{site.url}/a?token=***"
    with pytest.raises(HttpError, match=r"599 \(an unknown status\)"):
        client.get(site.url)
    assert client.get(site.url, ok=(200, 404)).status == 404
    assert waits == []
    assert {seen.connection for seen in site.seen} == {0}


# Trying again.


def test_a_busy_server_is_asked_again_ever_later(
    client: Http, make_site: Callable[..., LocalSite], waits: Waits
) -> None:
    site = make_site(Reply(500), Reply(502), Reply(503), Reply(body=b"fine"))
    assert client.get(site.url).body == b"fine"
    assert waits == [0.5, 1.0, 2.0]


def test_tries_end(client: Http, make_site: Callable[..., LocalSite], waits: Waits) -> None:
    site = make_site(Reply(504))
    with pytest.raises(HttpError) as caught:
        client.get(site.url)
    assert caught.value.message == f"Could not fetch `{site.url}`: 504 Gateway Timeout"
    assert caught.value.details == ("tried 4 times",)
    assert (len(site.seen), len(waits)) == (4, 3)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("3", 3.0),
        ("0", 0.5),
        ("4000", 10.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.5),
        ("Thu, 01 Jan 2999 00:00:00 GMT", 10.0),
        ("soon", 0.5),
    ],
)
def test_a_server_may_ask_for_patience(
    client: Http, make_site: Callable[..., LocalSite], waits: Waits, asked: str, waited: float
) -> None:
    site = make_site(Reply(429, headers=(("Retry-After", asked),)), Reply())
    client.get(site.url)
    assert waits == [waited]


def test_a_cut_body_is_fetched_again(
    client: Http, make_site: Callable[..., LocalSite], waits: Waits
) -> None:
    site = make_site(Reply(body=b"half", length=8, hang_up=True), Reply(body=b"complete"))
    assert client.get(site.url).body == b"complete"
    assert waits == [0.5]


def test_a_stalled_read_is_given_up_and_tried_again(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite], waits: Waits
) -> None:
    released = threading.Event()

    def stalling(_: Seen) -> Reply:
        released.wait(5)
        return Reply(body=b"late")

    site = make_site(stalling, Reply(body=b"fine"))
    assert make_client(timeout=0.05).get(site.url).body == b"fine"
    released.set()
    assert waits == [0.5]


def test_what_is_not_http_is_an_error(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(raw=b"SSH-2.0-server\r\n"))
    with pytest.raises(HttpError, match=r"the answer is not HTTP \(BadStatusLine\)"):
        make_client(retries=0).get(site.url)


def test_nobody_listens(make_client: Callable[..., Http], waits: Waits) -> None:
    with LocalSite(scripted()) as site:
        url = site.url
    with pytest.raises(HttpError) as caught:
        make_client(retries=2).get(url)
    assert caught.value.message == f"Could not fetch `{url}`: the connection was refused"
    assert waits == [0.5, 1.0]


# Connections.


def test_connections_are_kept(client: Http, make_site: Callable[..., LocalSite]) -> None:
    site = make_site(Reply(body=b"a"), Reply(404), Reply(302, headers=(("Location", "/"),)))
    client.get(site.url)
    with pytest.raises(HttpError):
        client.get(site.url)
    with pytest.raises(HttpError):
        client.get(site.url)
    assert {seen.connection for seen in site.seen} == {0}


def test_a_kept_connection_that_died_is_replaced_at_once(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite], waits: Waits
) -> None:
    site = make_site(Reply(body=b"a", hang_up=True))
    client = make_client(retries=0)
    assert [client.get(site.url).body for _ in range(3)] == [b"a"] * 3
    assert [seen.connection for seen in site.seen] == [0, 1, 2]
    assert waits == []


def test_many_threads_share_a_client(client: Http, make_site: Callable[..., LocalSite]) -> None:
    site = make_site(lambda seen: Reply(body=seen.target.encode()))
    with ThreadPoolExecutor(8) as threads:
        bodies = list(threads.map(lambda n: client.get(f"{site.url}/{n}").body, range(100)))
    assert bodies == [f"/{n}".encode() for n in range(100)]
    assert len({seen.connection for seen in site.seen}) <= 8


# Streams.


def test_a_stream_comes_in_chunks_and_keeps_its_connection(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    body = os.urandom(600_000)
    site = make_site(Reply(body=body, headers=(("Content-Encoding", "gzip"),)))
    for _ in range(2):
        with client.stream(site.url + "/big") as stream:
            chunks = list(stream.chunks)
            assert (stream.status, stream.length, stream.url) == (200, 600_000, site.url + "/big")
        assert b"".join(chunks) == body
        assert [len(chunk) for chunk in chunks] == [262_144, 262_144, 75_712]
    assert {seen.connection for seen in site.seen} == {0}
    assert site.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("taken", [0, 1])
def test_a_stream_may_be_left_early(
    client: Http, make_site: Callable[..., LocalSite], taken: int
) -> None:
    site = make_site(Reply(body=bytes(600_000)))
    with client.stream(site.url) as stream:
        for _ in range(taken):
            next(stream.chunks)
    assert len(client.get(site.url).body) == 600_000
    assert [seen.connection for seen in site.seen] == [0, 1]


def test_a_cut_stream_raises_and_is_not_tried_again(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(body=b"half", length=8, hang_up=True))
    with client.stream(site.url) as stream, pytest.raises(HttpError) as caught:
        list(stream.chunks)
    assert caught.value.message == (
        f"Could not fetch `{site.url}`: the body broke off after 4 of 8 bytes"
    )
    assert caught.value.transient
    assert len(site.seen) == 1


def test_a_stream_is_tried_again_until_it_begins(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(503), Reply(body=b"fine"))
    with client.stream(site.url) as stream:
        assert list(stream.chunks) == [b"fine"]
    with pytest.raises(HttpError, match="410 Gone"), client.stream(make_site(Reply(410)).url):
        pytest.fail("there is no stream")


def test_an_error_of_the_reader_stays_its_own(client: Http, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(FileNotFoundError), client.stream((tmp_path / "a").as_uri()):
        raise FileNotFoundError


# Redirects and credentials.


def test_redirects_are_followed(client: Http, make_site: Callable[..., LocalSite]) -> None:
    other = make_site(Reply(body=b"there"))
    site = make_site(
        Reply(301, headers=(("Location", "../b/"),)),
        Reply(307, b"moved", headers=(("Location", other.url + "/c#part"),)),
    )
    response = client.get(site.url + "/x/a")
    assert response.body == b"there"
    assert response.url == other.url + "/c#part"
    assert [seen.target for seen in site.seen + other.seen] == ["/x/a", "/b/", "/c"]


def test_redirects_are_bounded(client: Http, make_site: Callable[..., LocalSite]) -> None:
    site = make_site(Reply(302, headers=(("Location", "/again"),)))
    with pytest.raises(HttpError) as caught:
        client.get(site.url + "/a")
    assert caught.value.message == f"Could not fetch `{site.url}/a`: redirected more than 10 times"
    assert len(site.seen) == 11


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[bad"])
def test_redirects_lead_to_web_addresses_only(
    client: Http, make_site: Callable[..., LocalSite], target: str
) -> None:
    site = make_site(Reply(302, headers=(("Location", target),)))
    with pytest.raises(HttpError, match="not a usable address") as caught:
        client.get(site.url)
    assert caught.value.details == (f"redirected from `{site.url}`",)


def test_credentials_in_an_address_are_sent_and_not_shown(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(body=b"fine"), Reply(401))
    url = site.url.replace("://", f"://joe%40x:{SECRET}%21@") + "/a"
    assert client.get(url).url == site.url + "/a"
    assert site.seen[0].headers["authorization"] == encoded("joe@x", SECRET + "!")
    with pytest.raises(HttpError) as caught:
        client.get(url)
    assert caught.value.message == f"Could not fetch `{site.url}/a`: 401 Unauthorized"
    assert caught.value.hints == (f"check the credentials for `{site.url}`",)
    assert SECRET not in repr(vars(caught.value))


def test_credentials_stay_with_their_origin(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    other = make_site(Reply(302, headers=(("Location", "/deeper"),)), Reply(body=b"fine"))
    site = make_site(
        Reply(302, headers=(("Location", "/inner"),)),
        Reply(302, headers=(("Location", other.url + "/outer"),)),
    )
    headers = {"Cookie": "a=b", "Authorization": "Bearer x"}
    client.get(site.url, headers=headers)
    client.get(site.url.replace("://", f"://joe:{SECRET}@"), headers={"X-Kept": "1"})
    first, second, third = site.seen
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer x"
    assert third.headers["authorization"] == encoded("joe", SECRET)
    for seen in other.seen:
        assert not {"authorization", "cookie"} & set(seen.headers)
    assert other.seen[-1].headers["x-kept"] == "1"


def test_credentials_are_looked_up_for_each_origin(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite]
) -> None:
    other = make_site(Reply(body=b"fine"))
    site = make_site(Reply(302, headers=(("Location", other.url + "/x"),)))
    asked: list[str] = []

    def auth(url: str) -> tuple[str, str] | None:
        asked.append(url)
        return ("joe", SECRET) if url.startswith(other.url) else None

    make_client(auth=auth).get(site.url + "/a")
    assert asked == [site.url + "/a", other.url + "/x"]
    assert "authorization" not in site.seen[0].headers
    assert other.seen[0].headers["authorization"] == encoded("joe", SECRET)


def test_a_redirect_may_carry_its_own_credentials(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    other = make_site(Reply(body=b"fine"))
    target = other.url.replace("://", f"://token:{SECRET}@")
    site = make_site(Reply(302, headers=(("Location", target),)))
    assert client.get(site.url).url == other.url
    assert other.seen[0].headers["authorization"] == encoded("token", SECRET)


# Offline, and files.


def test_offline_asks_nobody(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite], tmp_path: Path
) -> None:
    site = make_site()
    client = make_client(offline=True)
    with pytest.raises(OfflineError) as caught:
        client.get(site.url.replace("://", f"://joe:{SECRET}@") + "/a")
    assert caught.value.message == f"Could not fetch `{site.url}/a`: the network is off"
    with pytest.raises(OfflineError), client.stream(site.url):
        pytest.fail("there is no stream")
    assert site.seen == []
    (tmp_path / "a").write_bytes(b"here")
    assert client.get((tmp_path / "a").as_uri()).body == b"here"


def test_file_addresses(client: Http, tmp_path: Path) -> None:
    path = tmp_path / "a b#é.txt"
    path.write_bytes(b"x" * 300_000)
    response = client.get(path.as_uri())
    assert (response.status, response.body) == (200, path.read_bytes())
    assert response.headers == {"content-length": "300000"}
    with client.stream(path.as_uri()) as stream:
        assert [len(chunk) for chunk in stream.chunks] == [262_144, 37_856]
    for missing, cause in [
        (tmp_path / "none", "no such file"),
        (path / "below", "no such file"),
        (tmp_path, "it is a folder"),
    ]:
        with pytest.raises(HttpError) as caught:
            client.get(missing.as_uri())
        assert (caught.value.status, caught.value.cause) == (404, cause)
    with pytest.raises(HttpError, match="a file on another host"):
        client.get("file://elsewhere/a")


@pytest.mark.parametrize(
    "url", ["", "six", "ftp://host/x", "http://", "http://host:port/", "http://a b/", "http://[::1"]
)
def test_what_is_no_address(client: Http, url: str) -> None:
    with pytest.raises(HttpError, match=r"^Could not fetch `.*`: not a usable address \(.*\)$"):
        client.get(url)


# Proxies.


def test_a_proxy_forwards_plain_requests(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite]
) -> None:
    site = make_site(Reply(body=b"fine"), host="index.example")
    with LocalProxy(credentials=encoded("joe", SECRET)) as proxy:
        address = proxy.url.replace("://", f"://joe:{SECRET}@")
        client = make_client(proxies=Proxies(http=address))
        assert client.get(site.url + "/a?b=c").body == b"fine"
        assert proxy.seen[0].target == site.url + "/a?b=c"
        assert site.seen[0].target == "/a?b=c"
        direct = Proxies(http=address, bypass=("127.0.0.1",))
        assert make_client(proxies=direct).get(f"http://127.0.0.1:{site.port}/").body == b"fine"
        assert len(proxy.seen) == 1
        bad = make_client(proxies=Proxies(http=proxy.url))
        with pytest.raises(HttpError) as caught:
            bad.get(site.url)
    assert caught.value.cause == "407 Proxy Authentication Required"
    assert caught.value.hints == ("check the credentials in `HTTP_PROXY` and `HTTPS_PROXY`",)


def test_the_environment_names_the_proxy(
    make_client: Callable[..., Http],
    make_site: Callable[..., LocalSite],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = make_site(host="index.example")
    with LocalProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
        assert make_client(proxies=None).get(site.url).body == b"fine"
        assert len(proxy.seen) == 1


def test_a_proxy_that_is_not_there(make_client: Callable[..., Http]) -> None:
    with LocalProxy() as proxy:
        address = proxy.url.replace("://", f"://joe:{SECRET}@")
    client = make_client(proxies=Proxies(http=address, https=address), retries=0)
    for url in ("http://index.example/", "https://index.example/"):
        with pytest.raises(HttpError) as caught:
            client.get(url)
        assert caught.value.message == f"Could not fetch `{url}`: the connection was refused"
        assert caught.value.details == (f"through the proxy `{proxy.url}`",)


def test_a_proxy_of_an_unknown_kind(make_client: Callable[..., Http]) -> None:
    proxies = Proxies(http=f"socks5://joe:{SECRET}@host:1080", https="https://host")
    with pytest.raises(UsageError) as caught:
        make_client(proxies=proxies).get("http://index.example/")
    assert caught.value.message == "The proxy `socks5://host:1080` is not usable"
    with pytest.raises(UsageError, match="is not usable for `https:` addresses"):
        make_client(proxies=proxies).get("https://index.example/")


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for `localhost` that nobody trusts, and its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost,DNS:index.example"
    subprocess.run(
        [*command.split(), *names.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_an_untrusted_certificate_is_refused_for_good(
    client: Http, make_site: Callable[..., LocalSite], tls: ssl.SSLContext, waits: Waits
) -> None:
    site = make_site(host="localhost", tls=tls)
    with pytest.raises(HttpError) as caught:
        client.get(site.url)
    assert caught.value.cause == (
        "the certificate of `localhost` is not trusted (self-signed certificate)"
    )
    assert caught.value.hints == (
        "name the file of your company's certificates with `SSL_CERT_FILE`",
    )
    assert (waits, site.seen) == ([], [])


def test_a_certificate_may_be_added(
    make_client: Callable[..., Http],
    make_site: Callable[..., LocalSite],
    tls: ssl.SSLContext,
    certificate: Path,
) -> None:
    site = make_site(host="localhost", tls=tls)
    client = make_client(cert=certificate)
    assert [client.get(site.url).body for _ in range(2)] == [b"fine"] * 2
    assert {seen.connection for seen in site.seen} == {0}
    with pytest.raises(HttpError, match=r"the certificate of `127\.0\.0\.1` is not trusted"):
        client.get(site.url.replace("localhost", "127.0.0.1"))


def test_a_certificate_that_the_environment_names_too_is_trusted(
    make_client: Callable[..., Http],
    make_site: Callable[..., LocalSite],
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    site = make_site(host="localhost", tls=tls)
    for cert in (None, certificate):
        assert make_client(cert=cert).get(site.url).body == b"fine"


def test_single_certificates_are_looked_at_before_the_bundle(
    make_client: Callable[..., Http],
    make_site: Callable[..., LocalSite],
    tls: ssl.SSLContext,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", certificate],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    folder, bundle = tmp_path / "certs", tmp_path / "bundle.pem"
    folder.mkdir()
    (folder / f"{known}.0").write_bytes(certificate.read_bytes())
    bundle.write_text("a damaged bundle that nobody needs to read")
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    site = make_site(host="localhost", tls=tls)
    for cert in (None, bundle):
        assert make_client(cert=cert).get(site.url).body == b"fine"
    client = make_client(insecure_hosts=("127.0.0.1",))
    for host in ("localhost", "127.0.0.1"):  # whose certificate has another name
        assert client.get(site.url.replace("localhost", host)).body == b"fine"

    (folder / f"{known}.0").rename(folder / "00000000.0")
    with pytest.raises(HttpError, match="the certificate of `localhost` is not trusted"):
        make_client().get(site.url)
    bundle.write_bytes(certificate.read_bytes())
    for cert in (None, bundle, certificate):
        assert make_client(cert=cert).get(site.url).body == b"fine"


def test_a_host_may_be_left_unchecked(
    make_client: Callable[..., Http], make_site: Callable[..., LocalSite], tls: ssl.SSLContext
) -> None:
    site = make_site(host="localhost", tls=tls)
    assert make_client(insecure_hosts=("LOCALHOST",)).get(site.url).body == b"fine"
    named = make_client(insecure_hosts=(f"localhost:{site.port}",))
    assert named.get(site.url).body == b"fine"
    with pytest.raises(HttpError):
        make_client(insecure_hosts=("localhost:1",)).get(site.url)


def test_a_tunnel_through_a_proxy(
    make_client: Callable[..., Http],
    make_site: Callable[..., LocalSite],
    tls: ssl.SSLContext,
    certificate: Path,
) -> None:
    site = make_site(host="index.example", tls=tls)
    with LocalProxy(credentials=encoded("joe", SECRET)) as proxy:
        address = proxy.url.replace("://", f"://joe:{SECRET}@")
        client = make_client(proxies=Proxies(https=address), cert=certificate)
        assert [client.get(site.url + "/a").body for _ in range(2)] == [b"fine"] * 2
        assert [seen.target for seen in proxy.seen] == [f"index.example:{site.port}"]
        assert "proxy-authorization" not in site.seen[0].headers
        wrong = make_client(proxies=Proxies(https=proxy.url), cert=certificate)
        with pytest.raises(HttpError) as caught:
            wrong.get(site.url)
        client.close()
    assert caught.value.cause == "the proxy answered 407 Proxy Authentication Required"


def test_a_plain_server_where_tls_was_expected(
    client: Http, make_site: Callable[..., LocalSite]
) -> None:
    site = make_site()
    with pytest.raises(HttpError, match=r"no secure connection to `127\.0\.0\.1` \("):
        client.get(site.url.replace("http:", "https:"))


def test_certificates_that_cannot_be_read(make_client: Callable[..., Http], tmp_path: Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        if path.name == "empty.pem":
            path.write_text("nothing")
        with pytest.raises(UsageError) as caught:
            make_client(cert=path).get("https://127.0.0.1:1/")
        assert caught.value.message == f"Could not read the trusted certificates from `{path}`"
