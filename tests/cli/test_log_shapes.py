"""One line of each log that is known, written by us from the vendors' formats, 2026-11."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lmtrack._cli.logs import Request, read_combined, read_json, reader_of

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
IP = "203.0.113.7"
CLICK = Request("click", AGENT, IP)

OBJECTS: dict[str, Any] = {
    "nginx escape=json": {"remote_addr": IP, "request": "GET /c/x HTTP/1.1", "http_user_agent": AGENT, "status": 302},
    "Traefik": {
        "ClientAddr": f"{IP}:51234",
        "ClientHost": IP,
        "RequestMethod": "GET",
        "RequestPath": "/c/x",
        "request_User-Agent": AGENT,
    },
    "Google Cloud": {
        "httpRequest": {
            "requestMethod": "GET",
            "requestUrl": "https://t.example/c/x",
            "userAgent": AGENT,
            "remoteIp": IP,
            "status": 302,
        },
    },
    "API Gateway": {
        "httpMethod": "GET",
        "path": "/c/x",
        "requestContext": {"identity": {"sourceIp": IP, "userAgent": AGENT}},
    },
    "API Gateway's second version": {
        "requestContext": {"http": {"method": "GET", "path": "/c/x", "sourceIp": IP, "userAgent": AGENT}},
    },
    "camel case": {"userAgent": AGENT, "ip": IP, "httpMethod": "GET", "url": "/c/x"},
    "CloudFront": {"c-ip": IP, "cs-method": "GET", "cs-uri-stem": "/c/x", "cs-user-agent": AGENT.replace(" ", "%20")},
    "CloudFront's standard log": {
        "c-ip": IP,
        "cs-method": "GET",
        "cs-uri-stem": "/c/x",
        "cs(User-Agent)": AGENT.replace(" ", "%20"),
    },
    "ECS": {
        "user_agent": {"original": AGENT},
        "source": {"ip": IP},
        "http": {"request": {"method": "GET"}},
        "url": {"original": "https://t.example/c/x", "path": "/c/x"},
    },
}


@pytest.mark.parametrize("said", OBJECTS.values(), ids=OBJECTS)
def test_a_known_object_is_read(said: dict[str, Any]) -> None:
    line = json.dumps(said)
    assert reader_of(line) is read_json
    assert read_json(line, None) == CLICK


def test_caddys_headers_are_lists() -> None:
    headers = {"User-Agent": [AGENT], "Accept-Language": ["de", "en"], "Cookie": []}
    request = {"remote_ip": IP, "remote_port": "51234", "method": "GET", "uri": "/c/x", "headers": headers}
    read = read_json(json.dumps({"logger": "http.log.access", "request": request, "status": 302}), None)
    assert read == CLICK._replace(headers={"User-Agent": AGENT, "Accept-Language": "de"})


def test_logpush_knows_the_system() -> None:
    said = {"ClientIP": IP, "ClientRequestMethod": "GET", "ClientRequestURI": "/c/x", "ClientRequestUserAgent": AGENT}
    assert read_json(json.dumps({**said, "ClientASN": 64496}), None) == CLICK._replace(asn=64496)
    del said["ClientRequestURI"]
    assert read_json(json.dumps(said), "click") == CLICK


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (f"{IP}, 10.0.0.1", IP),
        (f"{IP}:51234", IP),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("unknown, 10.0.0.1", "10.0.0.1"),
        ("-", None),
        ("", ""),
        ("elsewhere", "elsewhere"),
    ],
)
def test_an_address_is_the_first_without_its_port(written: str, address: str | None) -> None:
    assert read_json(json.dumps({"kind": "click", "user_agent": AGENT, "ip": written}), None) == Request(
        "click", AGENT, address
    )
    if address and address != "elsewhere":
        line = f'{written} - ann [30/Nov/2026:09:00:00 +0000] "GET /c/x HTTP/1.1" 302 0 "-" "{AGENT}"'
        assert read_combined(line, None) == CLICK._replace(ip=address)


def test_of_a_list_of_agents_the_first_counts() -> None:
    assert read_json(json.dumps({"kind": "open", "user_agent": [1, "x", "y"]}), None) == Request("open", "x")


def test_a_dash_is_none_in_every_reader() -> None:
    assert read_json(json.dumps({"kind": "open", "http_user_agent": "-"}), None) == Request("open", None)
    assert read_json(json.dumps({"kind": "open", "user_agent": None}), None) == Request("open", None)


@pytest.mark.parametrize("said", [{"agent": AGENT, "path": "/c/x"}, {"kind": "open", "browser": AGENT}])
def test_an_object_without_a_known_agent_is_refused_by_name(said: dict[str, Any]) -> None:
    problem = read_json(json.dumps(said), None)
    assert problem == (
        "no member that is known to hold the user agent, such as user_agent, http_user_agent or userAgent"
    )


BALANCER = (
    f"https 2026-11-30T09:00:00.186641Z app/t/50dc6c495c0c9188 {IP}:2817 10.0.0.1:80 0.000 0.001 0.000 302 302 34 366 "
    f'"GET https://t.example:443/c/x HTTP/1.1" "{AGENT}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:x "Root=1"'
)
HYPERCORN = f'{IP}:46538 - - [30/Nov/2026:09:00:00 +0000] "GET /c/x 1.1" 302 0 "-" "{AGENT}"'


@pytest.mark.parametrize("line", [BALANCER, HYPERCORN], ids=["AWS load balancer", "Hypercorn"])
def test_a_known_line_is_read(line: str) -> None:
    assert read_combined(line, None) == CLICK


def test_a_quote_in_an_agent_does_not_end_it() -> None:
    line = f'{IP} - - [30/Nov/2026:09:00:00 +0000] "GET /c/x HTTP/1.1" 302 0 "-" "Mozilla/5.0"x" y/"z"" 0.003'
    read = read_combined(line, None)
    assert isinstance(read, Request)
    assert read.user_agent == 'Mozilla/5.0"x'
    assert read_combined(line.replace('x" y', 'x"y'), None) == Request("click", 'Mozilla/5.0"x"y/"z"', IP)
