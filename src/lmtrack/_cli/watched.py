"""Command line arguments about what a check looks out for: our own tracking domains, and trackers of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import add_key_arguments
from lmtrack._cli.files import read_keys
from lmtrack._cli.output import CommandError
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser
    from lmtrack.tokens import Keys

_DOMAIN: Final = "a tracking domain of ours, by its URL, or a whole host by its name; may be repeated"


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
        CommandError: One is no domain, or there are keys for none.
    """
    keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    domains = [_read_domain(entry, keys) for entry in arguments.domain]
    if arguments.key_file is not None and not any(isinstance(domain, TrackingDomain) for domain in domains):
        raise CommandError("--key-file: whose key it is, says --domain with a URL, such as https://track.example")
    return domains


def read_trackers(arguments: argparse.Namespace, /) -> list[str]:
    """Read what `add_tracker_argument` asked for.

    Raises:
        CommandError: One is no host.
    """
    from lmtrack._checking.audit.known_hosts import watch_of  # noqa: PLC0415 - no other verb needs it

    trackers: list[str] = arguments.tracker
    try:
        watch_of((), trackers)
    except ValueError:
        raise CommandError("--tracker: must be the name of a host") from None
    return trackers


def _read_domain(entry: str, keys: Keys | None) -> TrackingDomain | str:
    from lmtrack._checking.audit.known_hosts import watch_of  # noqa: PLC0415 - no other verb needs it

    try:
        if keys is not None and "://" in entry:
            return TrackingDomain(entry, keys)
        watch_of((entry,), ())
    except ValueError as error:
        why = error if "://" in entry else "must be a URL or the name of a host"
        raise CommandError(f"--domain: {why}") from error
    return entry
