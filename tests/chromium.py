"""Chromium, driven over its own protocol by two pipes: pages, clicks, keys, screenshots, and who was asked for what.

It gets at nothing but this machine: names are not resolved, and a page that is told to answers for the web itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from contextlib import contextmanager, suppress
from fcntl import F_DUPFD_CLOEXEC, fcntl
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Json: TypeAlias = Any  # what the protocol sends

PROGRAM: Final = shutil.which("chromium")
PATIENCE: Final = 30  # seconds until something that never comes is an error
OPTIONS: Final = (
    "--headless=new",
    "--remote-debugging-pipe",  # it reads from 3 and writes to 4
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
)
# Without a screen it says HeadlessChrome, and is taken for the machine that it is.
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


class Answer(NamedTuple):
    """What a page gets instead of the web."""

    content_type: str
    body: bytes


class Browser:
    """The process, and the pages in it."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM is not None
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # it refuses to sandbox what root starts
        to_browser, self.writes = high_pipe()
        reads, from_browser = high_pipe()
        command = [PROGRAM, *OPTIONS, *sandbox, f"--user-data-dir={folder}", "about:blank"]
        # Popen hands pipes on under the numbers they have; a small program puts them where they belong.
        move = (
            f"import os, sys; os.dup2({to_browser}, 3); os.dup2({from_browser}, 4); os.execv(sys.argv[1], sys.argv[1:])"
        )
        self.process = subprocess.Popen(  # noqa: S603 - Debian's browser
            [sys.executable, "-S", "-c", move, *command],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.changed = Condition()
        self.sent = 0
        self.answers: dict[int, Json] = {}
        self.events: list[Json] = []
        self.rules: dict[str, Callable[[str], Answer | None]] = {}
        self.gone = False
        self.thread = Thread(target=self.read, args=(reads,))
        self.thread.start()

    def close(self) -> None:
        """End it."""
        with suppress(BrokenPipeError):  # it has ended by itself
            self.send("Browser.close")
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.thread.join()
        os.close(self.writes)

    def read(self, reads: int) -> None:
        """Sort what comes in, and wake up who waits for it; also when nothing more will come."""
        try:
            with os.fdopen(reads, "rb") as pipe:
                rest = b""
                while octets := pipe.read1():
                    *messages, rest = (rest + octets).split(b"\0")
                    for message in messages:
                        self.sort(json.loads(message))
        finally:
            with self.changed:
                self.gone = True
                self.changed.notify_all()

    def sort(self, message: Json) -> None:
        """Keep answers by the number of their question, and events in their order."""
        if message.get("method") == "Fetch.requestPaused":
            self.answer_for_the_web(message)
            return
        with self.changed:
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)
            self.changed.notify_all()

    def answer_for_the_web(self, message: Json) -> None:
        """Answer what a page asks for, let it through to this machine, or let it fail."""
        paused, session = message["params"], message["sessionId"]
        url, request = paused["request"]["url"], {"requestId": paused["requestId"]}
        rule = self.rules.get(session)  # none if the page has just been closed
        if rule and (answer := rule(url)):
            headers = [{"name": "Content-Type", "value": answer.content_type}]
            body = b64encode(answer.body).decode()
            self.send("Fetch.fulfillRequest", session, **request, responseCode=200, responseHeaders=headers, body=body)
        elif url.startswith(("http://localhost:", "http://127.0.0.1:", "data:")):
            self.send("Fetch.continueRequest", session, **request)
        else:
            self.send("Fetch.failRequest", session, **request, errorReason="NameNotResolved")

    def send(self, method: str, session: str | None = None, **params: Json) -> int:
        """Send a command and do not wait for its answer."""
        with self.changed:
            self.sent += 1
            message = {"id": self.sent, "method": method, "params": params}
            if session:
                message["sessionId"] = session
            os.write(self.writes, json.dumps(message).encode() + b"\0")
            return self.sent

    def ask(self, method: str, session: str | None = None, **params: Json) -> Json:
        """Send a command and give its answer."""
        number = self.send(method, session, **params)
        with self.changed:
            self.changed.wait_for(lambda: number in self.answers or self.gone, PATIENCE)
            assert number in self.answers, method
            answer = self.answers.pop(number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def wait(self, session: str, method: str, since: int, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """Wait for an event of a page."""

        def found() -> Json:
            return next(
                (event["params"] for event in self.heard(session, since, method) if fits(event["params"])), None
            )

        with self.changed:
            event = self.changed.wait_for(lambda: found() or self.gone, PATIENCE)
            assert event, method
            return event

    def heard(self, session: str, since: int, method: str) -> Iterator[Json]:
        """Return the events of a page from a place on."""
        for event in self.events[since:]:
            if event.get("sessionId") == session and event["method"] == method:
                yield event

    @contextmanager
    def page(
        self,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        agent: str | None = AGENT,
        scripts: bool = True,
        web: Callable[[str], Answer | None] = lambda _: None,
    ) -> Iterator[Page]:
        """Open an empty page that shares nothing with the others; `web` answers for what is not on this machine."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.rules[session] = web
        for command, params in (
            ("Page.enable", {}),
            ("Network.enable", {}),
            ("Page.setLifecycleEventsEnabled", {"enabled": True}),
            ("Fetch.enable", {"patterns": [{"urlPattern": "*"}]}),
            ("Emulation.setScriptExecutionDisabled", {"value": not scripts}),
            (
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
            ),
            (
                "Emulation.setEmulatedMedia",
                {
                    "features": [
                        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                        {"name": "prefers-reduced-motion", "value": "reduce"},
                    ]
                },
            ),
        ):
            self.ask(command, session, **params)
        if agent:
            self.ask("Emulation.setUserAgentOverride", session, userAgent=agent, acceptLanguage="en")
        try:
            yield Page(self, session)
        finally:
            self.ask("Target.closeTarget", targetId=target)
            self.ask("Target.disposeBrowserContext", browserContextId=context)
            del self.rules[session]


def high_pipe() -> list[int]:
    """Make a pipe whose ends are not 3 or 4, so that none of them is overwritten by putting another there."""
    low = os.pipe()
    high = [fcntl(end, F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.browser, self.session = browser, session

    def ask(self, method: str, **params: Json) -> Json:
        """Send the tab a command."""
        return self.browser.ask(method, self.session, **params)

    def open(self, url: str, until: str = "load") -> None:
        """Go to a page and wait until it and its pictures are there, or until another event of its life."""
        with self.moves(until):
            answer = self.ask("Page.navigate", url=url)
            assert "errorText" not in answer, answer

    @contextmanager
    def moves(self, until: str = "load", to: str = "") -> Iterator[None]:
        """Wait until what is done here has led to another page with this in its URL, and that is there."""
        since = len(self.browser.events)
        yield
        moved = self.browser.wait(
            self.session,
            "Page.frameNavigated",
            since,
            lambda event: "parentId" not in event["frame"] and to in event["frame"]["url"],
        )["frame"]
        loader = moved["loaderId"]
        # Its pictures are part of that, and of a mail that has no scripts it is all there is.
        self.browser.wait(
            self.session,
            "Page.lifecycleEvent",
            since,
            lambda event: event["loaderId"] == loader and event["name"] == until,
        )

    def run(self, expression: str) -> Json:
        """Evaluate JavaScript."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self.run("location.href"))

    def texts(self, selector: str) -> list[str]:
        """Return the text of elements as it is shown, blanks made one."""
        script = f"[...document.querySelectorAll({json.dumps(selector)})].map(found => found.innerText)"
        return [" ".join(text.split()) for text in self.run(script)]

    def until(self, expression: str) -> None:
        """Wait until something holds in the page, which says so itself."""
        assert self.run(
            "new Promise((resolve, reject) => {"
            f"const look = () => ({expression}) && resolve(true); setInterval(look, 20); look();"
            f"setTimeout(() => reject(Error('not in time')), {PATIENCE * 1000}) }})"
        )

    def press(self, key: str) -> None:
        """Press a key."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        keys = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **keys, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **keys)

    def click(self, selector: str, number: int = 0) -> None:
        """Press the mouse on the middle of an element's first box."""
        script = f"""(() => {{
            const found = document.querySelectorAll({json.dumps(selector)})[{number}];
            found.scrollIntoView({{block: "center", behavior: "instant"}});
            const box = found.getClientRects()[0];
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()"""
        self.press_mouse(*self.run(script))

    def press_mouse(self, x: float, y: float) -> None:
        """Press the mouse somewhere in the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def requests(self, since: int = 0) -> list[str]:
        """Return what it asked for, redirects too."""
        heard = self.browser.heard(self.session, since, "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in heard]

    def size(self) -> tuple[int, int]:
        """Return the width and the height of all that it shows."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        return size["width"], size["height"]

    def screenshot(self, size: tuple[int, int] | None = None) -> bytes:
        """Draw the whole page, or as much of it as is said, as a PNG."""
        width, height = size or self.size()
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return b64decode(self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])
