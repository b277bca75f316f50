"""Live images, exactly read. Only asked for when a document already holds a URL of ours."""

from __future__ import annotations

from typing import NamedTuple

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._html.scan import live_tags
from lmtrack._html.tokenizer import attributes


class Image(NamedTuple):
    """A live `<img>`: the span of its tag and its decoded source."""

    start: int
    end: int
    url: str


def live_images(html: str, /) -> list[Image]:
    """Find every live image that has a source, in order."""
    images: list[Image] = []
    for tag in live_tags(html):
        if tag.name in {"img", "image"}:
            source = next((attribute for attribute in attributes(html, tag) if attribute.name == "src"), None)
            if source:
                url = decode_attribute(html[source.value_start : source.value_end]).strip(WHITESPACE)
                images.append(Image(tag.start, tag.end, url))
    return images
