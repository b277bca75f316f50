"""Where the copies go: files that a mail server takes in, a mail server, or nowhere (to measure).

A chunk is begun, gets its copies, is sealed and then published. What was sealed is published again after a crash.
"""

from __future__ import annotations

import os
import smtplib
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from mailing import Mail

SENT, REFUSED, LATER = "sent", "refused", "later"


class Outlet(Protocol):
    """What a chunk is sent through."""

    remembers: ClassVar[bool]  # whether what an unfinished chunk has put is out and must not be put again

    def begin(self, number: int) -> None:
        """Get ready for a chunk."""

    def put(self, mail: Mail) -> str:
        """Take a copy; say SENT, REFUSED (for good) or LATER."""

    def seal(self) -> None:
        """Make sure of what was put."""

    def publish(self, number: int) -> None:
        """Let others see the chunk; may be called again."""


class Nowhere:
    """Makes the copies and drops them."""

    remembers: ClassVar[bool] = False

    def begin(self, number: int) -> None:
        pass

    def put(self, mail: Mail) -> str:
        del mail
        return SENT

    def seal(self) -> None:
        pass

    def publish(self, number: int) -> None:
        pass


class Spool:
    """One file for each chunk in the form of RFC 2442, which `exim -bS` and `sendmail -bs` read: envelopes and mails.

    A file that ends in `.bsmtp` is whole and stays; whoever takes the mails in may delete it.
    """

    remembers: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None

    def begin(self, number: int) -> None:
        self._close()  # that of a chunk that failed
        self._file = file = self._part(number).open("wb")
        file.write(b"EHLO localhost\r\n")

    def put(self, mail: Mail) -> str:
        assert self._file is not None, "begin comes first"  # noqa: S101
        body = b"" if mail.octets.isascii() else b" BODY=8BITMIME"
        text = (b"\n" + mail.octets).replace(b"\n.", b"\n..")[1:]  # RFC 5321 section 4.5.2
        end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"
        head = f"MAIL FROM:<{mail.sender}>{body.decode()}\r\nRCPT TO:<{mail.address}>\r\nDATA\r\n"
        self._file.writelines((head.encode("ascii"), text, end))
        return SENT

    def seal(self) -> None:
        assert self._file is not None, "begin comes first"  # noqa: S101
        self._file.write(b"QUIT\r\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._close()

    def publish(self, number: int) -> None:
        with suppress(FileNotFoundError):  # published before
            self._part(number).replace(self._folder / f"{number:08}.bsmtp")

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:08}.part"

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Smtp:
    """A mail server of your own, on a network of your own; one connection for each chunk."""

    remembers: ClassVar[bool] = True

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._server: smtplib.SMTP | None = None

    def begin(self, number: int) -> None:
        del number
        self._close()
        self._server = smtplib.SMTP(*self._address, local_hostname="localhost", timeout=60)
        self._server.ehlo()

    def put(self, mail: Mail) -> str:
        assert self._server is not None, "begin comes first"  # noqa: S101
        eight = not mail.octets.isascii() and self._server.has_extn("8bitmime")
        try:
            self._server.sendmail(mail.sender, [mail.address], mail.octets, ["BODY=8BITMIME"] if eight else [])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, _)] = error.recipients.values()
        except smtplib.SMTPDataError as error:
            code = error.smtp_code
        else:
            return SENT
        if code == 421:  # RFC 5321 section 3.8: the server ends the connection
            raise smtplib.SMTPServerDisconnected("the server has closed")
        return REFUSED if code >= 500 else LATER

    def seal(self) -> None:
        self._close()

    def publish(self, number: int) -> None:
        pass

    def _close(self) -> None:
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server.close()
            self._server = None
