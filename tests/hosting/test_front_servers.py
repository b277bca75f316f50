"""What servers in front of a tracking host do to its requests and answers: what docs/howto/behind-servers.md says."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

import pytest

from howto_pages import TOP
from lmtrack import (
    make_click_token,
    make_open_token,
    make_withdraw_token,
    not_stored_response,
    pixel_response,
    redirect_response,
)
from served_hosts import KEYS, SERVED, ask, free_port, running, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    "LMTRACK_HOSTING" not in os.environ,  # noqa: TID251 - the ban is for the library
    reason="nox -s hosting",
)
PAGE: Final = (TOP / "docs" / "howto" / "behind-servers.md").read_text(encoding="utf-8")
ODD: Final = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz#'"
ASCII: Final = "https://shop.example/".ljust(2041, "a")
CYRILLIC: Final = "https://shop.example/".ljust(21 + 990, "\u0436")
BUFFERS: Final = "proxy_buffer_size 16k; proxy_buffers 4 16k;"


class Front(NamedTuple):
    """A server in front: its program, its arguments, and its settings, with places for ports and the folder."""

    program: str
    arguments: tuple[str, ...]
    settings: str


NGINX: Final = """
daemon off; user root; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    proxy_cache_path {folder}/cache keys_zone=zone:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{host}; MORE }}
    }}
}}
"""
APACHE: Final = """
ServerRoot {folder}
ServerName track.example
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
AllowEncodedSlashes NoDecode
ProxyPass / http://127.0.0.1:{host}/ nocanon
"""
HAPROXY: Final = """
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen track
    bind 127.0.0.1:{port}
    server host 127.0.0.1:{host}
"""
VARNISH: Final = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{host}"; }}
MORE
"""
VARNISH_ARGUMENTS: Final = (
    "-j",
    "none",
    "-F",
    "-a",
    "127.0.0.1:{port}",
    "-f",
    "{folder}/settings",
    "-n",
    "{folder}/varnish",
)


def nginx(more: str) -> Front:
    return Front("nginx", ("-p", "{folder}", "-c", "{folder}/settings"), NGINX.replace("MORE", more))


def varnish(more: str) -> Front:
    return Front("varnishd", VARNISH_ARGUMENTS, VARNISH.replace("MORE", more))


FRONTS: Final = {
    "nginx with its stock buffers": nginx(""),
    "nginx with larger buffers": nginx(BUFFERS),
    "Apache": Front("apache2", ("-X", "-f", "{folder}/settings"), APACHE),
    "HAProxy": Front("haproxy", ("-db", "-f", "{folder}/settings"), HAPROXY),
    "Varnish": varnish(""),
}


@contextmanager
def in_front(front: Front, host: int, folder: Path) -> Iterator[int]:
    """Run a server in front of a host's port until the block ends, and hand over its own."""
    program = shutil.which(front.program, path=f"/usr/sbin:/usr/bin:{os.defpath}")
    if program is None:
        pytest.skip(f"there is no {front.program} here")
    folder.mkdir()
    folder.chmod(0o755)
    port = free_port()
    places = {"folder": str(folder), "port": port, "host": host}
    settings = front.settings.format(**places).replace("{{", "{").replace("}}", "}")
    (folder / "settings").write_text(settings, encoding="ascii")
    with running([program, *(part.format(**places) for part in front.arguments)], port, folder):
        yield port


@pytest.fixture(scope="module", params=["fastapi under uvicorn", "WSGI under gunicorn"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A tracking host's port."""
    with serve(SERVED[request.param], tmp_path_factory.mktemp("host")) as port:
        yield port


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A host's port and its database, in which the recipient of a mail has agreed."""
    folder = tmp_path_factory.mktemp("host")
    with serve(SERVED["WSGI under gunicorn"], folder) as port:
        assert ask(port, "/")[0] == 404  # its tables are made
        with closing(sqlite3.connect(folder / "track.sqlite3")) as database, database:
            database.execute("INSERT INTO person (id, consent) VALUES ('p', 'granted')")
            database.execute("INSERT INTO mail (id, person) VALUES ('letter', 'p')")
        yield port, folder / "track.sqlite3"


def click(url: str, index: int = 0) -> str:
    return f"/c/{make_click_token(KEYS, 'letter', index, url=url)}"


@pytest.mark.parametrize("front", FRONTS.values(), ids=FRONTS)
def test_requests_and_answers_pass_as_they_are(front: Front, host: int, tmp_path: Path) -> None:
    with in_front(front, host, tmp_path / "front") as port:
        status, headers, body = ask(port, f"/o/{make_open_token(KEYS, 'letter')}.gif")
        assert (status, headers["content-type"], body) == (200, "image/gif", pixel_response().body)
        status, headers, _ = ask(port, click(ODD))
        assert (status, headers["location"]) == (302, ODD)
        assert "no-store" in headers["cache-control"]
        assert ask(port, f"/w/{make_withdraw_token(KEYS, 'letter')}")[0] == 200


@pytest.mark.parametrize("url", [ASCII, CYRILLIC], ids=["ASCII", "Cyrillic"])
@pytest.mark.parametrize("name", FRONTS)
def test_the_longest_clicks_need_a_larger_buffer_only_in_nginx(name: str, url: str, host: int, tmp_path: Path) -> None:
    with in_front(FRONTS[name], host, tmp_path / "front") as port:
        status, headers, _ = ask(port, click(url))
    if "stock" in name and url is CYRILLIC:
        assert status == 502
        assert "too big header" in (tmp_path / "front" / "error.log").read_text()
    else:
        assert (status, headers["location"]) == (302, quote(url, safe=":/"))


CACHED: Final = BUFFERS + " proxy_cache zone;"
PASS: Final = PAGE.partition("# Varnish: these paths are never looked up\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize(
    ("front", "counted"),
    [
        (nginx(BUFFERS), 0),
        (nginx(CACHED), 1),
        (nginx(CACHED + " proxy_cache_convert_head off;"), 0),
        (varnish(""), 1),
        (varnish(PASS.replace("{", "{{").replace("}", "}}")), 0),
        (FRONTS["HAProxy"], 0),
        (FRONTS["Apache"], 0),
    ],
    ids=["nginx", "nginx cache", "nginx cache, HEAD kept", "Varnish", "Varnish of the page", "HAProxy", "Apache"],
)
def test_caches_turn_a_head_into_a_click(
    front: Front, counted: int, counting: tuple[int, Path], tmp_path: Path
) -> None:
    host, path = counting
    with in_front(front, host, tmp_path / "front") as port:
        assert ask(port, click(ODD), "HEAD")[0] == 302
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute("SELECT count(*) FROM event WHERE counts").fetchone() == (counted,)
        database.execute("DELETE FROM event")


OWN_PAGE: Final = "proxy_intercept_errors on; error_page 503 /own; }} location /own {{ return 503 'Try later';"
OVERRIDDEN: Final = FRONTS["Apache"]._replace(settings=APACHE + "ProxyErrorOverride On\n")


@pytest.mark.parametrize(
    ("front", "shown"),
    [*((front, True) for front in FRONTS.values()), (nginx(OWN_PAGE), False), (OVERRIDDEN, False)],
    ids=[*FRONTS, "nginx with a page of its own", "Apache with a page of its own"],
)
def test_the_page_of_a_click_that_is_not_stored_passes_unless_the_front_has_its_own(
    front: Front, shown: bool, counting: tuple[int, Path], tmp_path: Path
) -> None:
    host, path = counting
    with in_front(front, host, tmp_path / "front") as port:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("ALTER TABLE event RENAME TO lost")
        status, _, body = ask(port, click(ODD))
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("ALTER TABLE lost RENAME TO event")
    assert status == 503
    assert (body == not_stored_response(redirect_response(ODD)).body) == shown
