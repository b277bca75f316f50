"""Raw messages written to be misread, each with the truth about it: where its leaves lie and what may happen to them.

`write_message` draws everything from one seeded `Random`, which is many times faster than hypothesis; what hypothesis
adds are documents of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random  # noqa: TID251 - seeded, in tests only
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from message_bodies import write_leaf
from message_pieces import BOUNDARIES, CLOSED_SUBTYPES, FIELDS, PREAMBLES, SIGNATURES, SUBTYPES, UNSUBSCRIBE
from message_writer import Leaf, Writer, content_type, delimiters_of, harmless, last_line_end, parameter, write_header
from strategies import LINK_DOCUMENTS, hostile_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

    from message_pieces import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A message and the truth about it."""

    raw: bytes
    leaves: tuple[Leaf, ...]
    controls: tuple[tuple[int, int], ...]  # the lines of the override headers
    off: frozenset[str]  # the flags that these turn off
    signed: bool
    clear: bool  # whether readers agree where the parts are
    unsubscribe: tuple[str, ...]
    features: frozenset[str]

    @property
    def stripped(self) -> bytes:
        """The message without its control headers."""
        return without(self.raw, self.controls)


def without(raw: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """Cut spans out of bytes."""
    kept, position = bytearray(), 0
    for start, end in spans:
        kept += raw[position:start]
        position = end
    return bytes(kept + raw[position:])


def write_message(random: Random, documents: Sequence[str] = ()) -> Made:
    """Write a message; `documents` are HTML to choose from, besides its own."""
    style = random.random()
    ends = ["\r\n"] if style < 0.45 else ["\n"] if style < 0.85 else ["\r\n", "\n"]
    writer = Writer(random, documents, ends)
    writer.note("mixed line ends" if len(ends) > 1 else "crlf" if "\r\n" in ends else "lf")
    if writer.chance(0.03):
        writer.note("envelope line")
        writer.line("From ann@shop.example Thu Jan  1 00:00:00 1970")
    signed = writer.chance(0.05)
    unsubscribe = tuple(UNSUBSCRIBE[: writer.pick([0, 0, 1, 2, 3])])
    fields = _some_fields(writer)
    fields += [_unsubscribe(writer, unsubscribe)] if unsubscribe else []
    fields += [writer.pick(SIGNATURES)] if signed else []
    if signed:
        writer.note("signed")
    random.shuffle(fields)
    _write_entity(writer, "must", 0, fields, controls=True)
    if writer.chance(0.7):
        last = writer.leaves[-1].end if writer.leaves else 0
        writer.out += writer.eol().encode() * (writer.pick([1, 1, 2]) if last < len(writer.out) else 0)
    return Made(
        raw=bytes(writer.out),
        leaves=tuple(writer.leaves),
        controls=tuple(writer.controls),
        off=frozenset(writer.off),
        signed=signed,
        clear=writer.clear,
        unsubscribe=unsubscribe,
        features=frozenset(writer.features),
    )


def seeded_message(seed: int) -> Made:
    """Write the message of a seed."""
    return write_message(Random(seed))  # noqa: S311 - no secret is made here


@st.composite
def messages(draw: st.DrawFn) -> Made:
    """Messages with documents of the HTML strategies."""
    documents = draw(st.lists(LINK_DOCUMENTS | hostile_html(max_pieces=12), max_size=2))
    return write_message(Random(draw(st.integers(0, 1 << 32))), documents)  # noqa: S311 - no secret is made here


_JUNK: Final = st.sampled_from([
    b"Content-Type: text/html\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n", b"\n", b"\r", b"PGEg\n",
    b"--b\r\n", b"--b--\r\n", b"\n--b\n", b"\r--b\r", b"Content-Transfer-Encoding: base64\r\n", b"=\r\n", b'"', b";",
    b" ", b"Content-Transfer-Encoding: quoted-printable\n", b"<a href=3D", b'<a href="https://shop.example/">', b"=",
    b"\0", b"Content-Type: text/html; charset=", b"\t", b"(", b"X-LM-Override-Track-Opens: false\n", b"\xfe\xff",
    b"utf-16", b"X-LM-Override-Track-Opens : false\r\n", b"X-LM-Override-Track-Clicks", b":", b"From x\n", b"\xff",
    b"boundary=", b"Content-Disposition: attachment\r\n", b"\xef\xbb\xbf", b"</body>", b"x" * 1000,
])  # fmt: skip


def junk() -> SearchStrategy[bytes]:
    """Bytes that are hardly a message, and messages with holes, doubled pieces and foreign bytes."""
    return st.one_of(
        st.binary(max_size=200),
        st.lists(_JUNK, max_size=24).map(b"".join),
        st.builds(mutated, messages().map(lambda made: made.raw), st.builds(Random, st.integers(0, 1 << 32))),
    )


_DAMAGES: Final = [b"", b"\r", b"\n", b"=", b"\0", b"--", b'"', b";", b"\xff", b"\\", b"(", b"\r\n\r\n"]


def mutated(raw: bytes, random: Random) -> bytes:
    """Damage bytes in up to four places; now and then only a beginning is left."""
    if random.random() < 0.1:
        raw = raw[: random.randint(0, len(raw))]
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(raw))
        end = min(len(raw), start + random.choice([0, 1, 2, 40, 400]))
        raw = raw[:start] + random.choice([*_DAMAGES, raw[start:end] * 2, raw[end : end + 60]]) + raw[end:]
    return raw


def _some_fields(writer: Writer) -> list[str]:
    return [writer.pick(FIELDS) for _ in range(writer.pick([0, 1, 3, 6]))]


def _unsubscribe(writer: Writer, urls: Sequence[str]) -> str:
    written = [f"<{url}>" for url in urls]
    if writer.chance(0.3):
        written.insert(writer.pick([0, len(written)]), "<mailto:leave@a.example?subject=x>")
    joint = writer.pick([", ", ",\n ", ",", " ,\n\t"])
    if writer.chance(0.2):
        writer.note("comment in List-Unsubscribe")
        written[0] = "(Use this) " + written[0]
    if writer.chance(0.1):
        writer.note("folded URI in List-Unsubscribe")
        written[-1] = written[-1].replace("a.example/", "a.example/\n ")
    name = writer.pick(["List-Unsubscribe: ", "list-unsubscribe:", "LIST-UNSUBSCRIBE:\n "])
    writer.note("List-Unsubscribe")
    return name + joint.join(written)


def _write_entity(writer: Writer, fate: Fate, depth: int, fields: list[str], *, controls: bool = False) -> None:
    """Write the header and the body of a message or of a part."""
    share = (0.75, 0.5, 0.35, 0.2, 0.0)[min(depth, 4)]
    if writer.chance(share):
        _write_multipart(writer, fate, depth, fields, controls=controls)
    elif depth and writer.chance(0.06):
        _write_enclosed(writer, depth, fields)
    else:
        write_leaf(writer, fate, fields, controls=controls)


def _write_enclosed(writer: Writer, depth: int, fields: list[str]) -> None:
    kind = writer.pick(["message/rfc822", "message/rfc822", "Message/RFC822", "message/global", "message/partial"])
    writer.note("enclosed message")
    write_header(writer, fields, [f"Content-Type: {kind}"], controls=False)
    writer.line("")
    if writer.chance(0.3):
        writer.line("X-LM-Override-Track-Opens: false")
    _write_entity(writer, "never", depth + 1, _some_fields(writer))


def _boundary(writer: Writer) -> str:
    lines = {f"--{one}{end}" for one in writer.active for end in ("", "--")}
    for _ in range(8):
        boundary = writer.pick(BOUNDARIES)
        if writer.active and writer.chance(0.2):
            writer.note("boundary begins with another")
            boundary = writer.active[-1][:60] + writer.pick(["x", "1", " y", "-z"])
        if not {f"--{boundary}", f"--{boundary}--"} & lines:
            return boundary
    return f"fresh-{writer.number()}"


def _write_multipart(writer: Writer, fate: Fate, depth: int, fields: list[str], *, controls: bool) -> None:
    subtype = writer.pick(SUBTYPES if writer.chance(0.9) else CLOSED_SUBTYPES)
    writer.note(f"multipart/{subtype}")
    fate = fate if subtype in SUBTYPES else "never"
    boundary = _boundary(writer)
    if writer.active and writer.chance(0.02):
        writer.note("inner boundary is the outer one")
        writer.clear = False
        boundary = writer.active[-1]
    parameters = [parameter(writer, "boundary", boundary)]
    count = writer.pick([1, 1, 2, 2, 2, 3, 3, 4]) if writer.chance(0.96) else 0
    root, start = 0, ""
    if subtype == "related" and count and writer.chance(0.3):
        root = writer.random.randrange(count)
        start = f"<root{writer.number()}@a.example>"
        writer.note("root of related is not the first" if root else "root of related is named")
        parameters.insert(writer.pick([0, 1]), f'start="{start}"')
    write_header(writer, fields, [content_type(writer, f"multipart/{subtype}", parameters)], controls=controls)
    writer.line("")
    writer.active.append(boundary)
    if writer.chance(0.4):
        writer.note("preamble")
        for _ in range(writer.pick([1, 2])):
            writer.line(harmless(writer, writer.pick(PREAMBLES)))
    shown: list[list[Leaf]] = []
    for place in range(count):
        first = len(writer.leaves)
        _write_delimiter(writer, f"--{boundary}")
        writer.line_before = True
        writer.path.append(place + 1)
        fits = fate if subtype != "related" or place == root else "never"
        _write_part(
            writer,
            fits,
            depth + 1,
            f"Content-ID: {start}" if start and place == root else "",
            related=subtype == "related",
        )
        writer.path.pop()
        shown.append([leaf for leaf in writer.leaves[first:] if leaf.fate == "must" and leaf.kind == "text/html"])
        closed = place + 1 < count or writer.chance(0.85)
        if closed and writer.line_before:
            writer.out += writer.eol().encode()
    if subtype == "alternative":
        # Programs show the last one they understand.
        for leaf in [leaf for leaves in [one for one in shown if one][:-1] for leaf in leaves]:
            writer.note("HTML before other HTML of an alternative")
            leaf.fate = "may"
    if count and closed:
        _write_delimiter(writer, f"--{boundary}--", last=True)
        writer.line_before = True
        _write_epilogue(writer, boundary)
    else:
        writer.note("no close delimiter" if count else "multipart without parts")
    writer.active.pop()


def _write_delimiter(writer: Writer, line: str, *, last: bool = False) -> None:
    if writer.chance(0.08):
        writer.note("blanks behind a delimiter")
        line += writer.pick([" ", "\t", "  \t "])
    writer.out += line.encode()
    if not last:
        writer.out += writer.eol().encode()


def _write_epilogue(writer: Writer, boundary: str) -> None:
    if writer.chance(0.25):
        writer.note("epilogue")
        writer.line("")
        decoys = [
            f"--{boundary}",
            "Content-Type: text/html",
            "",
            "<a href='https://shop.example/late'>",
            f"--{boundary}--",
        ]
        for line in [*decoys[: writer.pick([0, 1, 5])], writer.pick(PREAMBLES)]:
            inside = len(writer.active) > 1 and line.rstrip() in delimiters_of(writer.active[:-1])
            writer.line("x" if inside else line)
        del writer.out[last_line_end(writer.out) :]


def _write_part(writer: Writer, fate: Fate, depth: int, field_line: str, *, related: bool) -> None:
    fields = [field_line] if field_line else []
    if writer.chance(0.1):
        fields += [
            writer.pick(["Content-Description: x", "X-LM-Override-Track-Opens: false", "content-id:<a@b>", "X-A:1"])
        ]
    if not fields and writer.chance(0.05):
        writer.note("part without header")
        text = harmless(writer, "<html>no header</html>")
        if writer.chance(0.3) and not related:
            writer.note("delimiter after delimiter")
            writer.line_before = False
            text = ""
        else:
            writer.line("")
        writer.leaf(text.encode(), kind="text/plain", encoding="", charsets=("",), fate="never")
        return
    _write_entity(writer, fate, depth, fields)
