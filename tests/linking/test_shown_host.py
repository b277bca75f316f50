from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from lmtrack._linking.shown_host import SHARED_HOSTS, TOP_LEVEL, is_same_domain, shown_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://shop.example.com/sale", "shop.example.com"),
        ("https://shop.example.com/sale now", "shop.example.com"),
        ("HTTP://Shop.Example.COM", "shop.example.com"),
        ("shop.example.com", "shop.example.com"),
        ("Example.com lamps", "example.com"),
        ("example.com's lamps", "example.com"),
        ("shop.example.com/sale?x", "shop.example.com"),
        ("shop.example.com:8080", "shop.example.com"),
        ("shop.example.com.", "shop.example.com"),
        ("www.shop.notatld", "www.shop.notatld"),
        ("sh\u200bop.exam\u00adple.com", "shop.example.com"),
        ("\u200e\u2060shop.example.com", "shop.example.com"),
        ("(https://shop.example.com)", "shop.example.com"),
        ("-> shop.example.com", "shop.example.com"),
        ("\u2192\u00a0shop.example.com", "shop.example.com"),
        ("\u00bbshop.example.com\u00ab", "shop.example.com"),
        ("Visit https://shop.example.com", "shop.example.com"),
        ("Shop: https://shop.example.com/", "shop.example.com"),
        ("shop\u3002example\u3002com", "shop.example.com"),
        ("m\u00fcller.de", "xn--mller-kva.de"),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("https://", ""),
        ("https://%zz", ""),
        ("Node.js", None),
        ("v2.14.3", None),
        ("3.5 stars", None),
        ("1.000 lamps", None),
        ("shop.lamps.com", "shop.lamps.com"),
        ("lamps.com.js", None),
        ("ann@shop.example.com", None),
        ("@shop.example.com", None),
        ("Mail ann@shop.example.com", None),
        ("Mr.Smith", None),
        ("report.pdf", None),
        ("Amazon.de-Gutschein", None),
        ("See shop.example.com", None),
        ("Read more...", None),
        ("e.g. this", None),
        ("Shop", None),
        ("", None),
        ("...", None),
        ("com", None),
    ],
)
def test_a_text_shows_a_host_or_none(text: str, host: str | None) -> None:
    assert shown_host(text) == host


@pytest.mark.parametrize(
    ("shown", "tracking", "same"),
    [
        ("shop.example.com", "track.shop.example.com", True),
        ("example.com", "track.example.com", True),
        ("www.example.com", "track.example.com", True),
        ("track.example.com", "track.example.com", True),
        ("x.track.example.com", "track.example.com", True),
        ("example.com", "example.com", True),
        ("www.example.com", "example.com", True),
        ("shop.co.uk", "track.shop.co.uk", True),
        ("shop.example.com", "track.example.net", False),
        ("badexample.com", "track.example.com", False),
        ("example.com", "click.mail.example.com", False),
        ("other.com", "example.com", False),
        ("shop.co.uk", "track.co.uk", False),
        ("shop.com.au", "track.com.au", False),
        ("a.github.io", "b.github.io", False),
        ("shop.example", "track.example", False),
        ("", "track.example.com", False),
        ("localhost", "localhost", True),
        ("shop.info", "track.shop.info", True),
        ("shop.de", "track.shop.de", True),
    ],
)
def test_the_same_domain_is_told_from_the_tracking_host_alone(shown: str, tracking: str, same: bool) -> None:
    assert is_same_domain(shown, tracking) is same


@given(st.text(max_size=40), st.sampled_from(sorted(SHARED_HOSTS)))
def test_any_text_shows_a_host_or_none(text: str, tracking: str) -> None:
    host = shown_host(text)
    assert host is None or host == host.lower()
    assert not is_same_domain(host or "", tracking) or (host or "").endswith(tracking)


def test_the_table_has_the_names_that_matter() -> None:
    assert {"com", "de", "uk", "shop", "email", "example", "\u0440\u0444"} <= TOP_LEVEL
    assert not TOP_LEVEL & {"js", "pdf", "html", "txt"}
