"""Check a message's ways to leave the list: RFC 2369 and RFC 8058 in its header, and a link that people can see.

Which fields the DKIM signatures cover is told by their tags alone (RFC 6376 section 3.5). Nothing is verified: that
takes the signer's key from the DNS. A signature that cannot be valid covers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lmtrack._checking.audit.known_hosts import read_known_hosts
from lmtrack._checking.finding import Finding, FindingKind, shown
from lmtrack._checking.messages.entities import Head, read_entities
from lmtrack._checking.unsubscribe.list_field import has_bad_character, is_placeholder, read_list_field
from lmtrack._checking.unsubscribe.rules import broken
from lmtrack._checking.unsubscribe.visible_unsubscribe import Exits, check_ways_out, exit_key, leads_through
from lmtrack._checks import plain_bytes
from lmtrack._headers import BLANKS, LONGEST_LINE, iter_fields, unfold
from lmtrack._mime.headers import LIST_UNSUBSCRIBE, read_message_headers
from lmtrack._url.reader import address_of, remote_url
from lmtrack.links import LinkPolicy
from lmtrack.resolver import Decision, TrackingMode
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmtrack._checking.audit.known_hosts import KnownHosts
    from lmtrack._checking.unsubscribe.list_field import Uri
    from lmtrack._headers import HeaderField

_SIGNATURE: Final = "dkim-signature"
# Section 3.2: `name=value` with blanks around each, separated by semicolons; a last semicolon may follow.
_TAG: Final = re.compile(r"[ \t\r\n]*+([A-Za-z][A-Za-z0-9_]*+)[ \t\r\n]*+=([^;]*+)\Z")
_REQUIRED: Final = ("v", "a", "b", "bh", "d", "h", "s")
# RFC 8301 section 3.1 has rsa-sha1 fail everywhere; RFC 8463 has the last.
_ALGORITHMS: Final = frozenset(("rsa-sha256", "ed25519-sha256"))
_MOST_TAGS: Final = 100  # our choice: thirteen are defined


def _signed_fields(fields: Iterable[HeaderField], /) -> list[frozenset[str]] | None:
    """Return for each signature the names, lower case, of the fields it covers; None if nothing is signed."""
    signatures = [field for field in fields if field.name.lower() == _SIGNATURE]
    return [_covered(field) for field in signatures] or None


def _covered(field: HeaderField, /) -> frozenset[str]:
    tags = _tags(unfold(field.value)) if field.certain else None
    if tags is None or not all(tags.get(name) for name in _REQUIRED) or tags["v"] != "1":
        return frozenset()
    signer, domain = tags.get("i", "@" + tags["d"]).rpartition("@")[2].lower(), tags["d"].lower()
    if tags["a"].lower() not in _ALGORITHMS or not f".{signer}".endswith(f".{domain}"):
        return frozenset()
    covered = frozenset(name.lower() for name in tags["h"].split(":"))
    return covered if "from" in covered else frozenset()  # section 5.4: From must be


def _tags(value: str, /) -> dict[str, str] | None:
    """Take a tag list apart; None if it is none: a tag given twice makes the whole of it invalid (section 3.2)."""
    pieces = value.split(";", _MOST_TAGS)
    if not pieces[-1].strip(" \t\r\n"):
        pieces.pop()
    tags: dict[str, str] = {}
    for piece in pieces:
        tag = _TAG.match(piece)
        if tag is None or tag[1] in tags:
            return None
        tags[tag[1]] = BLANKS.sub("", tag[2])
    return tags


_POST: Final = "list-unsubscribe-post"
_POST_VALUE: Final = "List-Unsubscribe=One-Click"
_LIST_PLACE: Final = "header List-Unsubscribe"
_POST_PLACE: Final = "header List-Unsubscribe-Post"
_SIGNATURE_PLACE: Final = "header DKIM-Signature"
_WEB: Final = frozenset(("http", "https"))
_MAY_BE_HTTPS: Final = frozenset(("", "https"))  # of a placeholder, which may hold the scheme too
_INDIVIDUAL: Final = frozenset((TrackingMode.DELIVERABILITY, TrackingMode.INDIVIDUAL))


def lint_unsubscribe(
    raw: bytes,
    /,
    *,
    domains: Sequence[TrackingDomain | str] = (),
    preference_urls: Sequence[str] = (),
    decision: Decision | None = None,
) -> list[Finding]:
    r"""Check how people can unsubscribe from a message: List-Unsubscribe, one click, a link that they can see.

    Each broken rule is a finding that says how to fix it; an empty list means that nothing was found. Mail that no one
    subscribed to (a receipt, a new password) needs no way to unsubscribe, but only the caller can recognise such mail.
    An unsigned message is not required to have a signature, and signatures are not verified. No URL is requested.
    Content never makes it fail; time and memory are linear.

    Args:
        raw: The message, as it is sent or as it was delivered.
        domains: Your tracking hosts: an opt-out link must not go through one of them.
        preference_urls: Your own pages on which people leave or choose: prefixes, as for `LinkPolicy`. A link to one of
            them counts as a link to unsubscribe and to stop being tracked.
        decision: What was decided for this message. If it tracks a person, individually or for deliverability, there
            must be a withdraw link that the keys of `domains` signed, or a link to a preference page.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A str of `domains` is not a host, or one of `preference_urls` no web address.

    >>> from lmtrack import lint_unsubscribe
    >>> header = b"List-Unsubscribe: <https://shop.example/leave/4471>\r\n"
    >>> body = b"\r\nLeave: https://shop.example/leave/4471\r\n"
    >>> [str(finding.kind) for finding in lint_unsubscribe(header + body)]
    ['unsubscribe_post_missing']
    """
    raw = plain_bytes(raw, "raw")
    if decision is not None and not isinstance(decision, Decision):
        raise TypeError(f"decision must be a Decision, not {type(decision).__name__}")
    known_hosts = read_known_hosts(domains, ())
    items = read_entities(raw)
    block = next(item.block for item in items if isinstance(item, Head))
    fields = list(iter_fields(block))
    findings = _check_header(fields, known_hosts)
    pages = LinkPolicy(preference_urls=preference_urls).preference_urls
    exits = Exits(frozenset(map(exit_key, read_message_headers(iter_fields(block)).unsubscribe)), tuple(pages))
    due = decision is not None and not _INDIVIDUAL.isdisjoint((decision.opens, decision.clicks))
    findings += check_ways_out(items, exits, known_hosts, withdrawal=due)
    return list(dict.fromkeys(findings))


def _check_header(fields: list[HeaderField], known_hosts: KnownHosts, /) -> list[Finding]:
    lists = [field for field in fields if field.name.lower() == LIST_UNSUBSCRIBE]
    posts = [field for field in fields if field.name.lower() == _POST]
    findings: list[Finding] = []
    one_click = False  # whether an https URI is there, or where one would be a template's
    for field in lists:
        found, has_https = _check_list(field, known_hosts)
        findings += found
        one_click = one_click or has_https
    if not lists:
        findings.append(broken(FindingKind.UNSUBSCRIBE_MISSING, "message"))
    elif len(lists) > 1:
        findings.append(broken(FindingKind.UNSUBSCRIBE_REPEATED, _LIST_PLACE))
    findings += _check_post(posts, one_click=one_click)
    names = {LIST_UNSUBSCRIBE for _ in lists} | {_POST for _ in posts}
    signatures = _signed_fields(fields)
    if one_click and signatures is not None and not any(names <= covered for covered in signatures):
        findings.append(broken(FindingKind.UNSUBSCRIBE_NOT_SIGNED, _SIGNATURE_PLACE))
    return findings


def _check_list(field: HeaderField, known_hosts: KnownHosts, /) -> tuple[list[Finding], bool]:
    """Check one field; also says whether an https URI, or what may become one, is in it."""
    read = read_list_field(field.value)
    if read.encoded:
        return [broken(FindingKind.UNSUBSCRIBE_ENCODED, _LIST_PLACE)], True
    if is_placeholder(field.value) and not any(is_placeholder(uri.text) for uri in read.uris):
        return [broken(FindingKind.UNSUBSCRIBE_PLACEHOLDER, _LIST_PLACE)], True
    findings: list[Finding] = []
    if not field.certain or not read.well_formed:
        findings.append(broken(FindingKind.UNSUBSCRIBE_MALFORMED, _LIST_PLACE))
    written: list[str] = []  # the schemes, and those of URIs that a template has still to fill in
    unfilled: list[str] = []
    for uri in read.uris:
        if is_placeholder(uri.text):
            unfilled.append(uri.scheme)
            faults = [FindingKind.UNSUBSCRIBE_PLACEHOLDER]
        else:
            written.append(uri.scheme)
            faults = list(_faults_of(uri, known_hosts))
        findings += [broken(fault, _LIST_PLACE, shown(uri.text)) for fault in faults]
    has_web = not _WEB.isdisjoint(written) or not _MAY_BE_HTTPS.isdisjoint(unfilled)
    if written.count("https") > 1:
        findings.append(broken(FindingKind.UNSUBSCRIBE_SEVERAL_HTTPS, _LIST_PLACE))
    elif not has_web and read.well_formed:
        findings.append(broken(FindingKind.UNSUBSCRIBE_NO_HTTPS, _LIST_PLACE))
    return findings, has_web


def _faults_of(uri: Uri, known_hosts: KnownHosts, /) -> Iterator[FindingKind]:
    """Say what is wrong with one URI by itself."""
    if uri.split:
        yield FindingKind.UNSUBSCRIBE_SPLIT
    if has_bad_character(uri.text):
        yield FindingKind.UNSUBSCRIBE_BAD_CHARACTER
    name = len(LIST_UNSUBSCRIBE) + len(":")
    alone = name + len(" <>") + len(uri.text.encode("utf-8", "surrogatepass"))
    if max(alone, uri.end + name * uri.is_first) > LONGEST_LINE:
        yield FindingKind.UNSUBSCRIBE_TOO_LONG
    if uri.scheme == "http":
        yield FindingKind.UNSUBSCRIBE_HTTP
    remote = remote_url(uri.text)
    if remote and leads_through(address_of(remote), known_hosts):
        yield FindingKind.UNSUBSCRIBE_TRACKED


def _check_post(posts: list[HeaderField], /, *, one_click: bool) -> list[Finding]:
    findings: list[Finding] = []
    if not posts:
        return [broken(FindingKind.UNSUBSCRIBE_POST_MISSING, "message")] if one_click else []
    if not one_click:
        findings.append(broken(FindingKind.UNSUBSCRIBE_POST_USELESS, _POST_PLACE))
    if len(posts) > 1:
        findings.append(broken(FindingKind.UNSUBSCRIBE_POST_REPEATED, _POST_PLACE))
    for post in posts:
        value = unfold(post.value)
        if value.removeprefix("\t" if value.startswith("\t") else " ") != _POST_VALUE:
            findings.append(broken(FindingKind.UNSUBSCRIBE_POST_VALUE, _POST_PLACE))
    return findings
