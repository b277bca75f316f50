"""What all pages share: the frame with its landmarks, labels, and the list of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tracker import words
from tracker.markup import Html, fill, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tracker.store import Letter, Seen

FRAME = Html("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · lmtrack example host</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
{live}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand"><a href="/">Example host</a> <span>of lmtrack</span></p>
{switch}</header>
<main id="main">
<h1>{title}</h1>
{content}</main>
<footer>
<p>Events are kept for readers who agreed, without an address and without what their browser sent. Times are UTC.</p>
</footer>
</body>
</html>
""")
# With scripts the page asks for news itself; without, the browser loads it again. Both stop on demand (WCAG 2.2.2).
LIVE = Html("""\
<script src="/live.js" defer></script>
<noscript><meta http-equiv="refresh" content="4"></noscript>
""")
SWITCH_OFF = Html("""\
<div class="switch">
<p role="status"><span class="pulse" aria-hidden="true"></span><span id="news">Live</span></p>
<p><a href="?live=off">Pause</a></p>
</div>
""")
SWITCH_ON = Html("""\
<div class="switch">
<p>Paused</p>
<p><a href="?">Go live</a></p>
</div>
""")
LABEL = Html('<span class="label {kind}">{text}</span>')
EVENT = Html("""\
<li id="{id}" class="event {kind}">
<p class="when"><time datetime="{at}">{clock}</time></p>
<div class="what">
<h3><a href="/letters/{letter}">{name}</a>{what}</h3>
{where}<p>{verdict} <span class="counts">{counts}</span></p>
<dl class="facts">
<dt>Because</dt><dd>{reasons}</dd>
<dt>Evidence</dt><dd>{evidence}</dd>
<dt>Recorded</dt><dd>{times}, because {name} agreed <code>{why}</code></dd>
</dl>
{payload}</div>
</li>
""")
WHERE = Html('<p class="address"><code>{url}</code></p>\n')
REASON = Html("{meaning} <code>{code}</code>")
PAYLOAD = Html("<details><summary>What a webhook would send</summary><pre><code>{text}</code></pre></details>\n")
NOTHING = Html('<p id="nothing" class="empty">{hint}</p>\n')


def page(title: str, content: Html, *, live: bool | None = None) -> bytes:
    """Put content into the frame; `live` is None where there is nothing to be told of."""
    switch = Html("") if live is None else SWITCH_OFF if live else SWITCH_ON
    return fill(FRAME, title=title, content=content, live=LIVE if live else Html(""), switch=switch).encode()


def label(kind: str, text: str) -> Html:
    """Write a word that stands out, by more than its colour."""
    return fill(LABEL, kind=kind, text=text)


def consent_label(letter: Letter) -> Html:
    """Say what the reader says now."""
    return label(*words.CONSENT[letter.consent])


def timeline(events: Sequence[Seen], hint: str, *, payloads: bool = False) -> Html:
    """List events, the newest first."""
    listed = join(_event(seen, payloads=payloads) for seen in events)
    nothing = Html("") if events else fill(NOTHING, hint=hint)
    return fill(
        Html('<ol id="events" class="timeline" data-live>\n{listed}</ol>\n<div id="hint" data-live>{nothing}</div>\n'),
        listed=listed,
        nothing=nothing,
    )


def _event(seen: Seen, *, payloads: bool) -> Html:
    verdict = seen.verdict
    kind, text, counts = words.verdict(verdict)
    return fill(
        EVENT,
        id=f"event-{seen.payload['id']}",
        kind=kind,
        at=seen.first_at,
        clock=seen.first_at[11:19],
        letter=seen.letter,
        name=seen.name,
        what=words.what_happened(seen),
        where=fill(WHERE, url=words.place(seen.url)) if seen.url else Html(""),
        verdict=label(kind, text),
        counts=counts,
        reasons=_listed(fill(REASON, meaning=_coded(words.meaning(code)), code=code) for code in verdict["reasons"]),
        evidence=words.EVIDENCE[verdict["evidence"]],
        times=words.times(seen.times),
        why=seen.why,
        payload=fill(PAYLOAD, text=json.dumps(seen.payload, indent=2, ensure_ascii=False)) if payloads else Html(""),
    )


def _coded(text: str) -> Html:
    """Write what stands between backticks as code."""
    templates = (Html("{text}"), Html("<code>{text}</code>"))
    return join(fill(templates[place % 2], text=piece) for place, piece in enumerate(text.split("`")))


def _listed(items: Iterable[Html]) -> Html:
    return Html("; ".join(items))
