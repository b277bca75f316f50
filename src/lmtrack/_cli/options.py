"""Options that several verbs share: which links are trackable, and whose tracking domain it is."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import add_key_arguments, add_once, add_switch, read_number
from lmtrack._cli.files import read_keys
from lmtrack._cli.output import CommandError
from lmtrack.links import LinkPolicy
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.files import Source
    from lmtrack.tokens import Keys

_BASE_URL: Final = "https://track.example"  # RFC 2606: reserved, so nobody receives what a try-out sends
# Which characters these bytes are is unknown then, so a token must not claim to know.
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
NOT_UTF8: Final = "not UTF-8: links with non-ASCII characters are left alone"


def add_base_url(group: argparse._ArgumentGroup | argparse.ArgumentParser, /) -> None:
    """Add the tracking domain."""
    add_once(group, "--base-url", metavar="URL", default=_BASE_URL, help=f"the tracking domain (default: {_BASE_URL})")


def add_link_arguments(links: argparse._ArgumentGroup, /) -> None:
    """Add the fields of a `LinkPolicy`."""
    links.add_argument(
        "--skip-url", metavar="URL", action="append", default=[], help="never track this URL; may be repeated"
    )
    links.add_argument(
        "--skip-host",
        metavar="HOST",
        action="append",
        default=[],
        help="never track links to this host or its subdomains",
    )
    links.add_argument(
        "--preference-url", metavar="URL", action="append", default=[], help="your own page for mail preferences"
    )
    links.add_argument(
        "--opt-out-attribute",
        metavar="NAME",
        action="append",
        default=[],
        help="another attribute that means: do not track",
    )
    links.add_argument(
        "--tracking-host", metavar="HOST", action="append", default=[], help="a host whose links are tracked already"
    )
    add_switch(links, "track-unsubscribe", help="track links that look like a way to unsubscribe")
    add_switch(links, "track-sensitive", help="track links that hold an address or a secret")
    add_switch(links, "track-conditional", default=True, help="track links inside Outlook's conditional comments")
    add_switch(
        links,
        "skip-url-text",
        default=None,
        help="leave all links whose text shows an address, or none (default: those that show another domain's)",
    )
    add_once(links, "--max-url-octets", metavar="N", type=read_number, default=2000, help="leave longer URLs untracked")
    links.add_argument("--text-links", action="store_true", help="track the plain text part of a message too")
    links.add_argument(
        "--allow-signed", action="store_true", help="track a signed message, which breaks its signatures and checksums"
    )


def add_slot_arguments(parser: Parser, /) -> None:
    """Add how markers are written, and values for them."""
    slots = parser.add_argument_group("slots (merge fields)")
    add_once(slots, "--marker", metavar="TEXT", default="{{ NAME }}", help="how a marker is written, with NAME in it")
    slots.add_argument(
        "--value", metavar="NAME=TEXT", action="append", default=[], help="the value of a slot; may be repeated"
    )
    slots.add_argument(
        "--default",
        metavar="NAME=TEXT",
        action="append",
        default=[],
        help="the text for an empty value; may be repeated",
    )


def read_marker(text: str, /) -> re.Pattern[str]:
    """Make the pattern of `--marker`; blanks around the name do not count.

    Raises:
        CommandError: There is no NAME in it, or nothing around it.
    """
    before, found, after = text.partition("NAME")
    before, after = before.strip(), after.strip()
    if not found or not before or not after:
        raise CommandError("--marker: write NAME where the name is, and signs on both sides, such as '{{ NAME }}'")
    return re.compile(rf"{re.escape(before)}[ \t]*(?P<name>[^\W\d][\w.-]*)[ \t]*{re.escape(after)}")


def read_pairs(entries: Iterable[str], option: str, /) -> dict[str, str]:
    """Read `NAME=TEXT` options.

    Raises:
        CommandError: One is not written so, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for entry in entries:
        name, found, text = entry.partition("=")
        if not found or not name:
            raise CommandError(f"{option}: write NAME=TEXT")
        if pairs.setdefault(name, text) != text:
            raise CommandError(f"{option}: {name} is given twice")
    return pairs


def read_domain(arguments: argparse.Namespace, keys: Keys, /) -> TrackingDomain:
    """Read what `add_base_url` asked for.

    Raises:
        CommandError: It can be no tracking domain.
    """
    try:
        return TrackingDomain(arguments.base_url, keys)
    except ValueError as error:
        raise CommandError(f"--base-url: {error}") from error


def read_policy(arguments: argparse.Namespace, source: Source, /) -> LinkPolicy:
    """Read what `add_link_arguments` asked for, as it is to be for this file.

    Raises:
        CommandError: A number, URL or name cannot be used, or an option is for messages only.
    """
    try:
        policy = LinkPolicy(
            skip_urls=arguments.skip_url,
            skip_hosts=arguments.skip_host,
            preference_urls=arguments.preference_url,
            opt_out_attributes=arguments.opt_out_attribute,
            tracking_hosts=arguments.tracking_host,
            track_unsubscribe=arguments.track_unsubscribe,
            track_sensitive=arguments.track_sensitive,
            track_conditional=arguments.track_conditional,
            skip_url_text="foreign" if arguments.skip_url_text is None else arguments.skip_url_text,
            max_url_octets=arguments.max_url_octets,
        )
    except ValueError as error:
        raise CommandError(f"--max-url-bytes, --preference-url, --opt-out-attribute: {error}") from error
    if source.is_message:
        return policy
    if arguments.text_links or arguments.allow_signed:
        raise CommandError("--text-links and --allow-signed are for messages, and this is HTML")
    if source.encoding == "utf-8":
        return policy
    return dataclasses.replace(policy, skip_urls=[*policy.skip_urls, _BEYOND_ASCII])


_DOMAIN: Final = "one of our tracking domains, by URL, or a whole host, by name; may be repeated"


def add_domain_arguments(parser: Parser, /) -> None:
    """Add our own tracking domains, and the keys that tell which of their URLs are the same for everyone."""
    parser.add_argument("--domain", metavar="URL|HOST", action="append", default=[], help=_DOMAIN)
    add_key_arguments(parser)


def add_tracker_argument(parser: Parser, /) -> None:
    """Add hosts of others that track."""
    parser.add_argument(
        "--tracker", metavar="HOST", action="append", default=[], help="a host that tracks; may be repeated"
    )


def read_domains(arguments: argparse.Namespace, /) -> list[TrackingDomain | str]:
    """Read what `add_domain_arguments` asked for.

    Raises:
        CommandError: One is not a domain, or there are keys for none.
    """
    keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    domains = [_read_domain(entry, keys) for entry in arguments.domain]
    if arguments.key_file is not None and not any(isinstance(domain, TrackingDomain) for domain in domains):
        raise CommandError(
            "--key-file: needs --domain with a URL, which says whose key it is, such as https://track.example"
        )
    return domains


def read_trackers(arguments: argparse.Namespace, /) -> list[str]:
    """Read what `add_tracker_argument` asked for.

    Raises:
        CommandError: One is not a host.
    """
    from lmtrack._checking.audit.known_hosts import read_known_hosts  # noqa: PLC0415 - no other verb needs it

    trackers: list[str] = arguments.tracker
    try:
        read_known_hosts((), trackers)
    except ValueError:
        raise CommandError("--tracker: must be a host name") from None
    return trackers


def _read_domain(entry: str, keys: Keys | None) -> TrackingDomain | str:
    from lmtrack._checking.audit.known_hosts import read_known_hosts  # noqa: PLC0415 - no other verb needs it

    try:
        if keys is not None and "://" in entry:
            return TrackingDomain(entry, keys)
        read_known_hosts((entry,), ())
    except ValueError as error:
        why = error if "://" in entry else "must be a URL or a host name"
        raise CommandError(f"--domain: {why}") from error
    return entry
