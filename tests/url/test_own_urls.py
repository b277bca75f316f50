"""What every reader says of one of our URLs: whoever changes a reader finds out here what the others say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lmtrack import (
    BadToken,
    Consent,
    Route,
    TrackingDomain,
    audit_html,
    click_url,
    make_click_token,
    make_keys,
    make_open_token,
    open_url,
    read_tracking_url,
    resolve,
    rewrite_html,
    track_html,
    track_text,
    untrack_html,
)
from lmtrack.text import untrack_text

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example/t", KEYS)
NOW = datetime(2026, 8, 1, tzinfo=UTC)
BOTH = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
SHOP = "https://shop.example/lamps"
TOKEN = make_click_token(KEYS, "m-1", 0, url=SHOP, now=NOW)
OPEN = make_open_token(KEYS, "m-1", now=NOW)

# How a URL of ours comes back from clients, proxies, logs, linkifiers and people. `{}` is `c/` and the token.
SPELLINGS = {
    "as we write it": "https://track.example/t/{}",
    "capitals": "HTTPS://TRACK.Example/t/{}",
    "final dot": "https://track.example./t/{}",
    "default port": "https://track.example:443/t/{}",
    "default port with zeros": "https://track.example:00443/t/{}",
    "empty port": "https://track.example:/t/{}",
    "http": "http://track.example/t/{}",
    "http and its port": "http://track.example:80/t/{}",
    "a user": "https://ann@track.example/t/{}",
    "two slashes in the path": "https://track.example/t//{}",
    "two slashes before the base": "https://track.example//t/{}",
    "a dot segment": "https://track.example/t/./{}",
    "up and down": "https://track.example/x/../t/{}",
    "base path escaped": "https://track.example/%74/{}",
    "slash escaped": "https://track.example/t%2F{}",
    "without the base path": "https://track.example/{}",
    "host escaped": "https://track%2Eexample/t/{}",
    "host in full-width letters": "https://ｔｒａｃｋ.example/t/{}",
    "host with an ideographic dot": "https://track\u3002example/t/{}",
    "query": "https://track.example/t/{}?utm_source=x&a=b",
    "fragment": "https://track.example/t/{}#top",
    "query escaped": "https://track.example/t/{}%3Futm_source=x",
    "parameter without a question mark": "https://track.example/t/{}&utm_source=x",
    "session": "https://track.example/t/{};jsessionid=1",
    "slash behind": "https://track.example/t/{}/",
    "path behind": "https://track.example/t/{}/x",
    "full stop": "https://track.example/t/{}.",
    "bracket": "https://track.example/t/{})",
    "low line": "https://track.example/t/{}_",
    "low lines and a bracket": "https://track.example/t/{}__)",
    "dash": "https://track.example/t/{}-",
    "soft break": "https://track.example/t/{}=20",
    "no-break space escaped": "https://track.example/t/{}%C2%A0next",
    "another URL behind a bar": "https://track.example/t/{}|https://x.example",
}
# Written so in a document only: where a URL in plain text ends is for its reader to say.
IN_HTML_ONLY = {
    "blanks around": " https://track.example/t/{}\n",
    "a tab inside": "https://track.example/t\t/{}",
    "backslashes": "https:\\\\track.example\\t\\{}",
    "one slash": "https:/track.example/t/{}",
    "no slash": "https:track.example/t/{}",
    "line break as markup": "https://track.example/t/{}&lt;br&gt;",
    "no scheme": "//track.example/t/{}",
}
ANOTHERS = {
    "host": "https://other.example/t/{}",
    "sub-domain": "https://x.track.example/t/{}",
    "longer host": "https://track.example.evil.example/t/{}",
    "user that looks like our host": "https://track.example@evil.example/t/{}",
    "user behind a backslash": "https://evil.example\\@track.example/t/{}",
    "port": "https://track.example:8443/t/{}",
    "scheme": "ftp://track.example/t/{}",
    "path above": "https://track.example/x/t/{}",
    "path in capitals": "https://track.example/T/{}",
    "kind in capitals": "https://track.example/t/C/{}",
    "ours in a query": "https://shop.example/?u=https://track.example/t/{}",
    "the base is longer": "https://track.example/tt/{}",
}


def written(spelling: str, kind: str = "c", token: str = TOKEN) -> str:
    return spelling.format(f"{kind}/{token}")


@pytest.mark.parametrize("spelling", [*SPELLINGS.values(), *IN_HTML_ONLY.values()], ids=[*SPELLINGS, *IN_HTML_ONLY])
def test_every_reader_of_a_document_takes_it_for_ours(spelling: str) -> None:
    url = written(spelling)
    plain = url.replace("&lt;", "<").replace("&gt;", ">")
    assert read_tracking_url(plain, domain=DOMAIN, now=NOW).message_id == "m-1"
    assert DOMAIN.holds(plain)
    assert DOMAIN.token_in(plain, "c") == TOKEN
    html = f'<a href="{url}">x</a>'
    again = track_html(html, BOTH, domain=DOMAIN, message_id="m-2", now=NOW)
    assert again.links == ()
    assert untrack_html(html, domain=DOMAIN) == f'<a href="{SHOP}">x</a>'
    assert {finding.kind for finding in audit_html(html, domains=[DOMAIN]).findings} == {"own_tracking_url"}
    pixel = written(spelling, "o", OPEN)
    assert untrack_html(f'<img src="{pixel}">', domain=DOMAIN) == ""
    assert track_html(f'<img src="{pixel}">', BOTH, domain=DOMAIN, message_id="m-1", now=NOW).pixel_offset is None
    assert audit_html(f'<img src="{pixel}">', domains=[DOMAIN]).outcome != "clean"


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_every_reader_of_a_text_takes_it_for_ours(spelling: str) -> None:
    text = f"See <{written(spelling)}> there"
    if not spelling.endswith("x.example"):
        assert untrack_text(text, domain=DOMAIN) == f"See <{SHOP}> there"
    assert track_text(text, BOTH, domain=DOMAIN, message_id="m-2", now=NOW).links == ()


@pytest.mark.parametrize("spelling", ANOTHERS.values(), ids=ANOTHERS)
def test_no_reader_takes_it_for_ours(spelling: str) -> None:
    url = written(spelling)
    with pytest.raises(BadToken):
        read_tracking_url(url, domain=DOMAIN, now=NOW)
    assert not DOMAIN.holds(url)
    html = f'<a href="{url}">x</a>'
    assert untrack_html(html, domain=DOMAIN) == html
    assert "tracked" not in {reason for _, reason in track_html(html, BOTH, domain=DOMAIN, message_id="m-2").skipped}
    assert "own_tracking_url" not in {finding.kind for finding in audit_html(html, domains=[DOMAIN]).findings}


def test_a_page_of_the_same_host_without_the_base_path_is_a_page() -> None:
    for url in ("https://track.example/c/lamps", "https://track.example/o/", f"https://track.example/c/{TOKEN[:-2]}AA"):
        assert not DOMAIN.holds(url)
        assert rewrite_html(f'<a href="{url}">x</a>', click_url=lambda _: "https://x.example/").links[0].url == url


def test_our_own_spelling_is_the_first_of_them() -> None:
    assert click_url(DOMAIN, TOKEN) == written(SPELLINGS["as we write it"])
    assert open_url(DOMAIN, OPEN) == written(SPELLINGS["as we write it"], "o", OPEN)
