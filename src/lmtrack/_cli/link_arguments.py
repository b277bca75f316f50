"""Command line arguments about links: which of them are trackable, and whose tracking domain it is."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import add_once, add_switch, read_number
from lmtrack._cli.output import CommandError
from lmtrack.links import LinkPolicy
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.source import Source
    from lmtrack.tokens import Keys

_BASE_URL: Final = "https://track.example"  # RFC 2606: reserved, so nobody receives what a try-out sends
# Which characters these octets are is unknown then, so a token must not claim to know.
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
NOT_UTF8: Final = "not UTF-8: links with characters beyond ASCII are left alone"


def add_base_url(group: argparse._ArgumentGroup | argparse.ArgumentParser, /) -> None:
    """Add the tracking domain."""
    add_once(group, "--base-url", metavar="URL", default=_BASE_URL, help=f"the tracking domain (default: {_BASE_URL})")


def add_link_arguments(links: argparse._ArgumentGroup, /) -> None:
    """Add the fields of a `LinkPolicy`."""
    links.add_argument("--skip-url", metavar="URL", action="append", default=[], help="never track it; may be repeated")
    links.add_argument(
        "--tracking-host", metavar="HOST", action="append", default=[], help="its links are tracked already"
    )
    add_switch(links, "track-unsubscribe", help="track links that look like a way to unsubscribe")
    add_switch(links, "track-sensitive", help="track links that hold an address or a secret")
    add_switch(links, "track-conditional", default=True, help="look into Outlook comments")
    add_switch(links, "skip-url-text", help="leave links whose text is itself a URL")
    add_once(links, "--max-url-octets", metavar="N", type=read_number, default=2000, help="leave longer URLs")
    links.add_argument("--text-links", action="store_true", help="in a message: track its plain part too")
    links.add_argument("--allow-signed", action="store_true", help="in a message: break its signatures and checksums")


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
        CommandError: A number is out of range, or an option is for messages only.
    """
    try:
        policy = LinkPolicy(
            skip_urls=arguments.skip_url,
            tracking_hosts=arguments.tracking_host,
            track_unsubscribe=arguments.track_unsubscribe,
            track_sensitive=arguments.track_sensitive,
            track_conditional=arguments.track_conditional,
            skip_url_text=arguments.skip_url_text,
            max_url_octets=arguments.max_url_octets,
        )
    except ValueError as error:
        raise CommandError(f"--max-url-octets: {error}") from error
    if source.is_message:
        return policy
    if arguments.text_links or arguments.allow_signed:
        raise CommandError("--text-links and --allow-signed are for messages, and this is HTML")
    if source.encoding == "utf-8":
        return policy
    return dataclasses.replace(policy, skip_urls=[*policy.skip_urls, _BEYOND_ASCII])
