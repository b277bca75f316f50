"""What all pages share: the frame with its landmarks, labels, and the list of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lmtrack import Human
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
<p class="switch" role="status"><span class="pulse" aria-hidden="true"></span><span id="news">Live</span></p>
<p class="switch"><a href="?live=off">Pause</a></p>
""")
SWITCH_ON = Html("""\
<p class="switch"><span>Paused</span></p>
<p class="switch"><a href="?">Go live</a></p>
""")
LABEL = Html('<span class="label {kind}">{text}</span>')
EVENT = Html("""\
<li id="{id}" class="event">
<p class="when"><time datetime="{at}">{clock}</time></p>
<div class="what">
<h3>{what}</h3>
<p>{verdict} <span class="label kept">Recorded {times}</span></p>
{where}<dl class="facts">
<dt>Reader</dt><dd>{reader}</dd>
<dt>Verdict</dt><dd>{counts}, on {evidence} evidence</dd>
<dt>Because</dt><dd>{reasons}</dd>
<dt>Recorded</dt><dd>because the reader agreed <code>{why}</code></dd>
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
    kind, text, counts = words.VERDICTS[Human(verdict["human"])]
    if verdict["actor"] == "unknown":
        kind, text, counts = "open", "Unknown", "is not counted"
    return fill(
        EVENT,
        id=f"event-{seen.payload['id']}",
        at=seen.first_at,
        clock=seen.first_at[11:19],
        what=words.what_happened(seen),
        verdict=label(kind, text),
        times=words.times(seen.times),
        where=fill(WHERE, url=seen.url) if seen.url else Html(""),
        reader=fill(Html('<a href="/letters/{id}">{name}</a>'), id=seen.letter, name=seen.name),
        counts=f"{verdict['actor'].replace('_', ' ')}; {counts}",
        evidence={1: "weak", 2: "medium", 3: "strong"}[verdict["evidence"]],
        reasons=_listed(fill(REASON, meaning=words.meaning_of(code), code=code) for code in verdict["reasons"]),
        why=seen.why,
        payload=fill(PAYLOAD, text=json.dumps(seen.payload, indent=2, ensure_ascii=False)) if payloads else Html(""),
    )


def _listed(items: Iterable[Html]) -> Html:
    return Html("; ".join(items))
