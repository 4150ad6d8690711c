"""nginx in front of the recording: found, or taken from Debian's package without installing it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.pages import JSON
from bench.places import PROGRAMS
from bench.server import FILE_AGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.server import Mode

_HEAD: Final = """\
daemon off;
worker_processes 1;
pid {state}/nginx.pid;
error_log {state}/error.log warn;
{user}
events {{ worker_connections 2048; }}
http {{
  client_body_temp_path {state}/body; proxy_temp_path {state}/proxy;
  fastcgi_temp_path {state}/fastcgi; uwsgi_temp_path {state}/uwsgi; scgi_temp_path {state}/scgi;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_timeout 75s; keepalive_requests 1000000;
  open_file_cache max=20000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors off;
  log_format short '$request_method $status $body_bytes_sent $request_uri';
  map $http_accept $kind {{ default html; "~{json}" json; }}
"""
_SERVER: Final = """\
  server {{
    listen 127.0.0.1:{port};
    root {folder};
    access_log {log} short;
    location ~ ^/simple/(?<project>[a-z0-9-]+)/$ {{
      rewrite ^ /pages/$project/{state}.$kind last;
    }}
    location /pages/ {{
      internal;
      types {{ {json} json; "text/html; charset=utf-8" html; }}
      gzip_static on;
      add_header Cache-Control "max-age={max_age}, public";
      add_header Vary "Accept, Accept-Encoding";
      error_page 404 = @record;
    }}
    location /files/ {{
      types {{ }}
      default_type application/octet-stream;
      add_header Cache-Control "{file_age}";
      error_page 404 = @record;
    }}
    {no_metadata}
    location / {{ return 404; }}
    location @record {{
      proxy_http_version 1.1;
      proxy_read_timeout 600s;
      proxy_set_header Connection "";
      proxy_pass http://127.0.0.1:{behind}$request_uri;
    }}
  }}
"""


def find_nginx() -> str | None:
    """Return the path of nginx: installed, or unpacked from Debian's package; ``None`` if neither.

    The package is downloaded by ``apt-get`` and unpacked below ``.dev/bench``, so no rights are
    needed and nothing is installed.
    """
    installed = shutil.which(
        "nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    if installed:
        return installed
    unpacked = PROGRAMS / "nginx" / "usr" / "sbin" / "nginx"
    if not unpacked.exists() and shutil.which("apt-get") and shutil.which("dpkg"):
        PROGRAMS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["apt-get", "download", "nginx"], cwd=folder, check=False, capture_output=True
            )
            for package in Path(folder).glob("nginx_*.deb"):
                subprocess.run(["dpkg", "-x", package, PROGRAMS / "nginx"], check=False)
    return str(unpacked) if _starts(unpacked) else None


def _starts(program: Path) -> bool:
    if not program.exists():
        return False
    return subprocess.run([program, "-v"], check=False, capture_output=True).returncode == 0


def free_port() -> int:
    """Return a port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configuration(state: Path, folder: Path, servers: Sequence[tuple[Mode, int, int, Path]]) -> str:
    """Write nginx's settings; a server is its mode, its port, the one behind it, and its log."""
    escaped = JSON.replace(".", "\\.").replace("+", "\\+")
    user = "user root;" if os.geteuid() == 0 else ""
    text = _HEAD.format(state=state, user=user, json=escaped)
    for mode, port, behind, log in servers:
        hidden = "" if mode.metadata else r"location ~ \.metadata$ { return 404; }"
        text += _SERVER.format(
            port=port,
            folder=folder,
            log=log,
            state="on" if mode.metadata else "off",
            json=JSON,
            max_age=mode.max_age,
            file_age=FILE_AGE,
            no_metadata=hidden,
            behind=behind,
        )
    return text + "}\n"


def start_nginx(
    program: str, state: Path, settings: str, ports: Sequence[int]
) -> subprocess.Popen[bytes]:
    """Start it and wait until all ports answer; raises RuntimeError with its words if it fails."""
    path = state / "nginx.conf"
    path.write_text(settings, encoding="utf-8")
    process = subprocess.Popen(
        [program, "-p", state, "-c", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    for port in ports:
        while not _answers(port):
            if process.poll() is not None:
                said = process.stdout.read() if process.stdout else b""
                raise RuntimeError(f"nginx does not start: {said.decode(errors='replace')}")
            time.sleep(0.02)
    return process


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
