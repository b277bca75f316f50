"""`lmtrack token`: what a tracking URL or its token says, and whether it is ours. `lmtrack keys`: a new key."""

from __future__ import annotations

import re
import secrets
import sys
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import Verb, add_key_arguments, add_once, read_number, read_path, read_time
from lmtrack._cli.files import create_secret, read_input, read_keys
from lmtrack._cli.output import CommandError, as_json, as_table, say, standard_output
from lmtrack.errors import BadToken, TokenExpired
from lmtrack.tokens import (
    ClickToken,
    Keys,
    OpenToken,
    TokenHeader,
    WithdrawToken,
    explain_token,
    read_click_token,
    read_open_token,
    read_withdraw_token,
)

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from lmtrack._cli.arguments import Parser


_INPUT_LIMIT_OCTETS: Final = 64 * 1024  # a token has at most 4,096 characters; a URL and blanks around it
_AFTER_PATH: Final = re.compile(r"[?#].*", re.DOTALL)
_DAYS_MAX: Final = 36_500  # our choice: a hundred years, well inside what timedelta holds


def _add_token_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack token` takes."""
    parser.add_argument("token", metavar="URL-or-token", help="a tracking URL or its token; - reads standard input")
    add_once(
        parser, "--max-age-days", metavar="DAYS", type=read_number, default=30, help="the maximum age (default: 30)"
    )
    add_once(parser, "--now", metavar="TIME", type=read_time, help="a time to use instead of the current one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_key_arguments(parser)


def _run_token(arguments: argparse.Namespace, /) -> int:
    """Explain a token, and verify it if there is a key.

    Raises:
        CommandError: The keys, the age or the input cannot be read.
    """
    if arguments.max_age_days > _DAYS_MAX:
        raise CommandError(f"--max-age-days: at most {_DAYS_MAX:,}")
    text = arguments.token
    if text == "-":
        text = read_input("-", limit_octets=_INPUT_LIMIT_OCTETS).decode("utf-8", "replace")
    keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    token = _find_token(text)
    said: dict[str, object] = {}
    purpose = None
    try:
        header = explain_token(token)
    except BadToken as error:
        if keys is None:
            return _report({"signature": "not checked", "problem": error.reason, "text": str(error)}, arguments, code=1)
    else:
        said = _header(header)
        purpose = header.purpose
    if keys is None:
        return _report({**said, "signature": "not checked: no --key-file and no LMTRACK_KEY"}, arguments, code=0)
    max_age = timedelta(days=arguments.max_age_days)
    try:
        # Also what cannot be explained: only a reader has the keys that tell a scanner's copy.
        payload = _read_token(keys, token, purpose, max_age, arguments.now)
    except TokenExpired as error:
        problem = {"signature": "valid", "problem": error.reason, "text": str(error)}
        return _report({**said, **_payload(error.token), **problem}, arguments, code=1)
    except BadToken as error:
        problem = {"signature": "refused", "problem": error.reason, "text": str(error)}
        if error.scanner:
            said = {}  # what a scrambled header says is not so
            problem["scanner"] = "a mail scanner's copy (ROT13) of a token that these keys signed"
        return _report({**said, **problem}, arguments, code=1)
    return _report({**said, **_payload(payload), "signature": "valid"}, arguments, code=0)


def _find_token(text: str) -> str:
    path = _AFTER_PATH.sub("", text.strip())
    return path.rstrip("/").rpartition("/")[2].removesuffix(".gif")


def _read_token(
    keys: Keys, token: str, purpose: str | None, max_age: timedelta, now: datetime | None
) -> OpenToken | ClickToken | WithdrawToken:
    if purpose == "click":
        return read_click_token(keys, token, max_age=max_age, now=now)
    if purpose == "withdraw":
        return read_withdraw_token(keys, token, now=now)
    return read_open_token(keys, token, max_age=max_age, now=now)


def _header(header: TokenHeader) -> dict[str, object]:
    return {
        "version": header.version,
        "kind": header.kind,
        "purpose": header.purpose or "not in use",
        "mode": header.mode.name.lower() if header.mode else None,
        "key_hint": header.key_hint,
        "issued_at": _iso(header.issued_at),
    }


def _payload(token: OpenToken | ClickToken | WithdrawToken) -> dict[str, object]:
    said: dict[str, object] = {"message_id": token.message_id, "recipient": token.recipient}
    if isinstance(token, ClickToken):
        said["link_index"] = token.link_index
        said["destination"] = token.url or "by id"
    return said


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _report(said: dict[str, object], arguments: argparse.Namespace, *, code: int) -> int:
    said = {name: value for name, value in said.items() if value is not None}
    say(as_json(said) if arguments.json else as_table(said.items()), to=standard_output())
    return code


_KEY_OCTETS: Final = 32  # RFC 2104 section 3: as long as the hash; printed in 43 characters


def _add_keys_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack keys` takes."""
    add_once(
        parser,
        "-o",
        "--output",
        metavar="FILE",
        type=read_path,
        default="-",
        help="write it to a new file that only you can read (default: standard output)",
    )


def _run_keys(arguments: argparse.Namespace, /) -> int:
    """Make a key and write it.

    Raises:
        CommandError: The file is there already, or cannot be written.
    """
    key = secrets.token_urlsafe(_KEY_OCTETS)
    if arguments.output == "-":
        say(key, to=standard_output())
    else:
        create_secret(arguments.output, key + "\n")
        say("lmtrack: wrote a key; use its characters as they are, without decoding", to=sys.stderr)
    return 0


TOKEN: Final = Verb(
    name="token",
    summary="explain a tracking URL or token; verify it with a key",
    example="lmtrack token https://track.example/o/EQdq6FEQAGxldHRlci00NDcx_eS8COgSTDki6Xm-dB5FWg",
    add_arguments=_add_token_arguments,
    run=_run_token,
)


KEYS: Final = Verb(
    name="keys",
    summary="make a key",
    example="lmtrack keys -o lmtrack.key",
    add_arguments=_add_keys_arguments,
    run=_run_keys,
)
