"""Every row of the table of services, with a URL as it is in delivered mail (values made up), and what is none."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import pytest

from lmtrack import TrackingDomain, audit_html, make_keys
from lmtrack._checking.audit.services import CLICKS, OPENS, click_service, open_service
from lmtrack._url.reader import address_of

TOKEN = "5VKx96a4mJuryAA6cvh54rs4rQ"
CLICK_URLS = [
    f"https://u17.ct.sendgrid.net/ls/click?upn=u001.{TOKEN}",
    f"https://url17.shop.example/ss/c/u001.{TOKEN}/4a0/{TOKEN}/h0/h001.x",
    "https://shop.us2.list-manage.com/track/click?u=17&id=620d233a43&e=46a1f0c393",
    f"https://mandrillapp.com/track/click/17/shop.example?p={TOKEN}",
    f"https://x1.r.us-east-1.awstrack.me/L0/https:%2F%2Fshop.example%2F/1/0100/{TOKEN}=30",
    f"https://click.shop.example/CL0/https:%2F%2Fshop.example%2F/1/0100/{TOKEN}=30",
    f"https://email.mg.shop.example/c/eJw{TOKEN}",
    f"https://click.pstmrk.it/3s/shop.example%2Fnews/{TOKEN}/x",
    f"https://go.shop.example/f/a/{TOKEN}~~/AAQxAQA~/RgRf",
    f"https://x17.mjt.lu/lnk/{TOKEN}/1/{TOKEN}/aHR0cHM",
    f"https://x.shop.example/lnk/{TOKEN}/1/{TOKEN}/aHR0cHM",
    f"https://r.mail.shop.example/mk/cl/f/sh/{TOKEN}/x",
    f"https://d17.shop.example/Ctc/ZT+113/{TOKEN}",
    f"https://d17.na1.hubspotlinks.com/x/{TOKEN}",
    f"https://ctrk.klclick.com/l/{TOKEN}_1",
    f"https://ctrk.klclick1.com/l/{TOKEN}_1",
    f"https://ctrk.klclick2.com/l/{TOKEN}_1",
    f"https://ctrk.klclick3.com/l/{TOKEN}_1",
    f"https://r20.rs6.net/tn.jsp?f={TOKEN}",
    "https://shop.cmail19.com/t/j-l-abcdefg-hijklmno-r/",
    f"https://cl.exct.net/?qs={TOKEN}",
    "https://click.shop.example/?qs=" + "9f8c1d2e" * 8,
    "https://links.shop.example/u/click?_t=17&_m=17&_e=17",
    f"https://e.shop.example/e/c/eyJ{TOKEN}",
    "https://shop.example/lt.php?x=17",
    *(f"https://lt.acemln{letter}.com/x/{TOKEN}" for letter in "abcd"),
    f"https://click.convertkit-mail.com/{TOKEN}/x",
    f"https://click.convertkit-mail2.com/{TOKEN}/x",
    f"https://click.convertkit-mail4.com/{TOKEN}/x",
    "https://clicks.aweber.com/y/ct/?l=17",
    f"https://shop.intercom-clicks.com/via/e?ob={TOKEN}",
    f"https://lnks.gd/l/eyJ{TOKEN}",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__shop.example&d=x",
    "https://urldefense.com/v3/__https://shop.example/__;!!x",
    f"https://url.uk.m.mimecastprotect.com/s/{TOKEN}?domain=shop.example",
    f"https://protect-eu.mimecast.com/s/{TOKEN}?domain=shop.example",
    f"https://seclinks.hornetsecurity.com/atp/v2?x={TOKEN}",
    f"https://atpscan.global.hornetsecurity.com/index.php?atp_str={TOKEN}",
    f"https://seclinks.cloud-security.net/c/{TOKEN}",
    f"https://emailprotection.link/?{TOKEN}",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fshop.example%2F&data=x",
    "https://www.google.com/url?q=https://shop.example/&sa=D",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fshop.example%2F",
    "https://bit.ly/2Khzt0m",
    "https://ow.ly/2Khzt0m",
    "https://buff.ly/2Khzt0m",
    "https://lnkd.in/2Khzt0m",
    "https://t.co/2Khzt0m",
    "https://tinyurl.com/10kz",
    "https://is.gd/10kz",
    "https://v.gd/10kz",
    "https://cutt.ly/10kz",
    "https://rebrand.ly/10kz",
    "https://rb.gy/10kz",
    "https://t.ly/10kz",
    "https://tiny.cc/10kz",
]
OPEN_URLS = [
    f"https://u17.ct.sendgrid.net/wf/open?upn=u001.{TOKEN}",
    f"https://url17.shop.example/ss/o/u001.{TOKEN}/4a0/{TOKEN}/ho.gif",
    "https://shop.us2.list-manage.com/track/open.php?u=17&id=620d233a43&e=46a1f0c393",
    "https://mandrillapp.com/track/open.php?u=17&id=17",
    f"https://x1.r.us-east-1.awstrack.me/I0/0100/{TOKEN}=30",
    f"https://click.shop.example/CI0/0107017dfb72c633-ff7877cf/{TOKEN}=30",
    f"https://email.mg.shop.example/o/eJw{TOKEN}",
    f"https://pixel.pstmrk.it/open?m=v3_1.{TOKEN}",
    f"https://go.shop.example/q/{TOKEN}~~/AAQxAQA~/RgRf",
    f"https://x17.mjt.lu/oo/{TOKEN}/x/e.gif",
    f"https://x.shop.example/oo/{TOKEN}/x/e.gif",
    f"https://r.mail.shop.example/mk/op/sh/{TOKEN}/x",
    f"https://d17.shop.example/Cto/ZT+113/{TOKEN}",
    f"https://r20.rs6.net/on.jsp?ca={TOKEN}",
    "https://shop.cmail19.com/t/j-o-abcdefg-hijklmno/o.gif",
    "https://click.shop.example/open.aspx?ffcb10-fe9a15",
    "https://links.shop.example/e/eo?_t=17&_m=17&_e=17",
    f"https://e.shop.example/e/o/eyJ{TOKEN}",
    f"https://open.convertkit-mail.com/{TOKEN}",
    f"https://open.convertkit-mail2.com/{TOKEN}",
    f"https://open.convertkit-mail4.com/{TOKEN}",
    f"https://openrate.aweber.com/z/{TOKEN}",
    f"https://x17.emltrk.com/x17?p&d={TOKEN}",
    f"https://t.yesware.com/t/{TOKEN}/x",
    f"https://mailfoogae.appspot.com/t?sender={TOKEN}",
    f"https://mailtrack.io/trace/mail/{TOKEN}.png",
    f"https://r.superhuman.com/{TOKEN}.gif",
    "https://www.google-analytics.com/collect?v=1&t=event",
    "https://ad.doubleclick.net/ad/x;sz=468x60",
    "https://www.facebook.com/tr?id=17&ev=PageView",
]


@pytest.mark.parametrize(("row", "url"), list(enumerate(CLICK_URLS)))
def test_every_click_service_is_known(row: int, url: str) -> None:
    assert click_service(address_of(url)) == CLICKS[row].name
    assert [finding.kind for finding in audit_html(f'<a href="{url}">x</a>').findings] == ["redirector"]


@pytest.mark.parametrize(("row", "url"), list(enumerate(OPEN_URLS)))
def test_every_open_service_is_known(row: int, url: str) -> None:
    assert open_service(address_of(url)) == OPENS[row].name
    assert [finding.kind for finding in audit_html(f'<img src="{url}" width="600">').findings] == ["known_tracker"]


@pytest.mark.parametrize("path", ["3", "3s", "3ts", "2sm", "2", "2s"])
def test_postmark_writes_its_paths_in_many_ways(path: str) -> None:
    url = f"https://click.pstmrk.it/{path}/shop.example%2Fnews/{TOKEN}/x"
    assert [finding.kind for finding in audit_html(f'<a href="{url}">x</a>').findings] == ["redirector"]


@pytest.mark.parametrize("page", ["https://mailchi.mp/shop/news?e=46a1f0c393", "https://us2.campaign-archive.com/?e=1"])
def test_an_archive_with_the_recipient_is_an_identifier(page: str) -> None:
    (finding,) = audit_html(f'<a href="{page}">Read it in the browser</a>').findings
    assert finding.kind == "identifier"
    assert "Mailchimp" in finding.why


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("inner", ["https://other.example/a?b=c", "https%3A%2F%2Fother.example%2Fa%3Fb%3Dc"])
def test_a_url_in_base64_is_one(inner: str, escaped: bool) -> None:
    coded = b64encode(inner.encode()).decode()
    url = f"https://shop.example/x?u={quote(coded, safe='') if escaped else coded}"
    (finding,) = audit_html(f'<a href="{url}">x</a>').findings
    assert finding.kind == "redirector"
    assert "other.example" in finding.why


def test_a_link_that_names_a_watched_host_leads_there() -> None:
    domain = TrackingDomain("https://track.shop.example", make_keys(b"a fixed key of tests, 32 octets."))
    page = '<a href="https://wrapper.example/v/8fk2?domain={}">x</a>'
    for host in ("track.shop.example", "t.other.example", "sub.tracker.example"):
        audit = audit_html(page.format(host), domains=[domain, "t.other.example"], known_trackers=["tracker.example"])
        assert [finding.kind for finding in audit.findings] == ["redirector"]
    assert not audit_html(page.format("shop.example"), domains=[domain]).findings


def test_every_row_has_its_url() -> None:
    assert (len(CLICK_URLS), len(OPEN_URLS)) == (len(CLICKS), len(OPENS))


@pytest.mark.parametrize(
    "url",
    [
        "https://mailchi.mp/shop/news",
        "https://shop.us2.list-manage.com/unsubscribe?u=17&id=620d233a43",
        "https://google.com.shop.example/url",
        "https://www.google.com/search?q=shop",
        "https://www.facebook.com/tracey",
        "https://shop.example/t/shirts",
        "https://shop.example/c/shoes",
        "https://shop.example/s/c/boots",
        "https://shop.example/e/c/news",
        "https://bit.ly/",
        "https://notbit.ly/2Khzt0m",
        "https://unsubscribe.convertkit-mail.com/unsubscribe/17",
    ],
)
def test_other_pages_of_the_same_hosts_and_paths_are_none(url: str) -> None:
    assert not audit_html(f'<a href="{url}">x</a>').findings
