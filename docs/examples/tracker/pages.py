"""The pages: all letters with what became of them, one letter, and where a click arrives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from lmtrack import Consent
from tracker import words
from tracker.frame import consent_label, page, timeline
from tracker.markup import Html, fill, join

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracker.store import Anchor, Letter, Seen

NEWEST: Final = 100  # events that a page lists; charts count all

OVERVIEW = Html("""\
<p class="lead">One newsletter went to three readers. Open it as one of them, click any link,
and see here what the sender learns.</p>
<div class="columns">
<section aria-labelledby="letters">
<h2 id="letters">Letters</h2>
<div id="cards" class="cards" data-live>
{cards}</div>
</section>
<div>
<section aria-labelledby="came">
<h2 id="came">Opens and clicks</h2>
{timeline}</section>
{refusals}</div>
</div>
""")
CARD = Html("""\
<article class="card">
<h3><a href="/letters/{id}">To {name}</a></h3>
<p class="subject">{subject}</p>
<p>{consent}</p>
{decision}{chart}{actions}</article>
""")
# One chart for each letter: a bar for opens and one for clicks, in the colours of who was there, on one scale.
CHART = Html("""\
<figure class="chart">
{bars}<ul class="legend">
{legend}</ul>
<figcaption class="sum">{sum}</figcaption>
</figure>
""")
BAR = Html("""\
<p class="bar"><span>{name}</span>
<svg viewBox="0 0 {scale} 1" preserveAspectRatio="none" aria-hidden="true">{parts}</svg></p>
""")
PART = Html('<rect class="{kind}" x="{at}" width="{number}" height="1"/>')
LEGEND = Html('<li class="{kind}">{name} <b>{number}</b></li>\n')
UNKNOWN = Html('<p class="sum">{sum}</p>\n')
DECISION = Html("""\
<dl class="facts">
<dt>Opens</dt><dd>{opens}</dd>
<dt>Clicks</dt><dd>{clicks}</dd>
</dl>
""")
ACTIONS = Html("""\
<div class="actions">
<a class="button" href="/mails/{id}" target="_blank" rel="noopener">Read it as {name}
<span class="hint">(new tab)</span></a>
{withdraw}</div>
""")
WITHDRAW = Html("""\
<form method="post" action="/letters/{id}/withdraw"><button class="quiet">Withdraw {name}’s consent</button></form>
""")
REFUSALS = Html("""\
<section aria-labelledby="not" id="refusals" data-live>
<h2 id="not">Not recorded</h2>
<p>Each got the same answer as if it had been recorded. Which letter, which link and when was not kept.</p>
{table}</section>
""")
REFUSAL_TABLE = Html("""\
<table>
<caption>Requests that left nothing but a number</caption>
<thead><tr><th scope="col">Why</th><th scope="col" class="number">How often</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
""")
REFUSAL = Html('<tr><th scope="row">{why} <code>{code}</code></th><td class="number">{times}</td></tr>\n')
LETTER = Html("""\
<nav aria-label="Where you are"><a href="/">All letters</a></nav>
<div class="columns">
<section aria-labelledby="state" class="card">
<h2 id="state">To {name}</h2>
<div id="state-of" data-live>
<p>{consent}</p>
{decision}{chart}{actions}</div>
</section>
<div>
<section aria-labelledby="came">
<h2 id="came">Opens and clicks</h2>
{timeline}</section>
<section aria-labelledby="links">
<h2 id="links">Links</h2>
{links}</section>
</div>
</div>
""")
LINKS = Html("""\
<table id="table" data-live>
<caption>Tracked links of this letter, and clicks by people</caption>
<thead><tr><th scope="col">Link</th><th scope="col" class="number">Clicks</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
""")
LINK = Html('<tr><th scope="row">{text} <code>{url}</code></th><td class="number">{clicks}</td></tr>\n')
ARRIVED = Html("""\
<p class="lead">The link in the email leads here, and that is where you are.</p>
<p class="address"><code>{url}</code></p>
<p>This page learned nothing from the tracking host: no token and no referrer came with you.</p>
""")
NO_LINKS = Html("<p>None of them is tracked: each leads straight to its page.</p>\n")


def overview(letters: Sequence[Letter], events: Sequence[Seen], refusals: Mapping[str, int], *, live: bool) -> bytes:
    """Show all letters and the newest events."""
    content = fill(
        OVERVIEW,
        cards=join(_card(letter, [seen for seen in events if seen.letter == letter.id]) for letter in letters),
        timeline=timeline(events[:NEWEST], "Nothing yet. Open Mia’s letter, and it shows up here."),
        refusals=_refusals(refusals),
    )
    return page("Letters and what became of them", content, live=live)


def letter_page(letter: Letter, events: Sequence[Seen], anchors: Sequence[Anchor], *, live: bool) -> bytes:
    """Show one letter, its events with what is sent on of them, and its links."""
    rows = join(
        fill(
            LINK,
            text=anchor.text or f"Picture or area {anchor.number + 1}",
            url=words.place(anchor.url),
            clicks=anchor.clicks,
        )
        for anchor in anchors
    )
    content = fill(
        LETTER,
        name=letter.name,
        consent=consent_label(letter),
        decision=_decision(letter),
        chart=_chart(letter, events),
        actions=_actions(letter),
        timeline=timeline(events[:NEWEST], "Nothing yet, or nothing that may be kept.", payloads=True),
        links=fill(LINKS, rows=rows) if anchors else NO_LINKS,
    )
    return page(letter.subject, content, live=live)


def arrived(url: str) -> bytes:
    """Say where a click went, in place of the page that would be there."""
    return page("You have arrived", fill(ARRIVED, url=url))


def _card(letter: Letter, events: Sequence[Seen]) -> Html:
    return fill(
        CARD,
        id=letter.id,
        subject=letter.subject,
        name=letter.name,
        consent=consent_label(letter),
        decision=_decision(letter),
        chart=_chart(letter, events),
        actions=_actions(letter),
    )


def _chart(letter: Letter, events: Sequence[Seen]) -> Html:
    """Draw who opened and who clicked; each event counts once, however often it came."""
    decision = letter.decision
    opens = Counter(words.who(seen.verdict) for seen in events if seen.link is None)
    clicks = Counter(words.who(seen.verdict) for seen in events if seen.link is not None)
    total = words.summary(decision, opens, clicks)
    if not decision.track_opens and not decision.track_clicks:
        return fill(UNKNOWN, sum=total)
    scale = max(opens.total(), clicks.total(), 1)
    rows = [("Opens", decision.track_opens, opens), ("Clicks", decision.track_clicks, clicks)]
    numbers = {who: opens[who] + clicks[who] for who in words.WHO}
    legend = join(
        fill(LEGEND, kind=who, number=number, name=words.WHO[who][0])
        for who, number in numbers.items()
        if number or who != "unknown"
    )
    bars = join(fill(BAR, name=name, scale=scale, parts=_parts(counts)) for name, tracked, counts in rows if tracked)
    return fill(CHART, bars=bars, legend=legend, sum=total)


def _parts(counts: Counter[str]) -> Html:
    at, parts = 0, []
    for who in words.WHO:
        if counts[who]:
            parts.append(fill(PART, kind=who, at=at, number=counts[who]))
        at += counts[who]
    return join(parts)


def _decision(letter: Letter) -> Html:
    decision = letter.decision
    return fill(DECISION, opens=words.decided(decision, "opens"), clicks=words.decided(decision, "clicks"))


def _actions(letter: Letter) -> Html:
    ask = letter.consent is Consent.GRANTED
    withdraw = fill(WITHDRAW, id=letter.id, name=letter.name) if ask else Html("")
    return fill(ACTIONS, id=letter.id, name=letter.name, withdraw=withdraw)


def _refusals(refusals: Mapping[str, int]) -> Html:
    rows = join(fill(REFUSAL, why=words.refusal(code), code=code, times=times) for code, times in refusals.items())
    table = fill(REFUSAL_TABLE, rows=rows) if refusals else Html('<p class="empty">None so far.</p>\n')
    return fill(REFUSALS, table=table)
