"""What somebody who means harm would have a page show, and how a page gives itself away."""

import json
from typing import Any, Final

from playwright.async_api import Page, WebSocketRoute

# Each fetches from elsewhere or writes `xss` if any of it is taken for code. Kinds as in the OWASP
# cheat sheet on filter evasion, and what only an attribute, a URL or a style would run.
CORPUS: Final = (
    "<script>window.xss = 1</script>",
    "<img src=x onerror=window.xss=1>",
    "<svg/onload=window.xss=1>",
    "<svg><script>window.xss=1</script></svg>",
    '<iframe srcdoc="<script>parent.xss=1</script>"></iframe>',
    "\"><script>window.xss=1</script><b a='",
    "'-window.xss=1-'",
    "</p></li></ol><script>window.xss=1</script>",
    "</textarea><script>window.xss=1</script>",
    "</title><script>window.xss=1</script>",
    "<math><mtext></style><img src=x onerror=window.xss=1>",
    "<style>@import url(https://example.test/x.css)</style>",
    "<link rel=stylesheet href=https://example.test/x.css>",
    "<base href=https://example.test/>",
    "<meta http-equiv=refresh content='0;url=https://example.test/'>",
    "<a href=javascript:window.xss=1>go</a>",
    "<form action=https://example.test/><input name=q autofocus onfocus=window.xss=1></form>",
    "<details open ontoggle=window.xss=1>",
    "<video><source onerror=window.xss=1></video>",
    "<object data=data:text/html,<script>parent.xss=1</script>></object>",
    "javascript:window.xss=1",
    "JaVaScRiPt:window.xss=1//https://example.test/",
    "data:text/html,<script>window.xss=1</script>",
    'https://example.test/"onmouseover=window.xss=1//',
    "https://example.test/<img/src=x/onerror=window.xss=1>",
    "{{constructor.constructor('window.xss=1')()}}",
    "${window.xss=1}",
    "&lt;script&gt;window.xss=1&lt;/script&gt;",
    "\u202ecod.exe\u202c \u2066<b>\u2069 \u0000\u200b",
    "__proto__",
    "constructor",
    "a" * 3_000,
)

_WATCH: Final = """
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
"""
# What no message is made of. Of these the page has none below its room.
_FOREIGN: Final = (
    "script, img, svg, iframe, math, style, link, base, meta, object, embed, video, source,"
    " form[action], [onerror], [onload], [onfocus], [onmouseover], [ontoggle], [srcdoc],"
    " a:not([href^='http:']):not([href^='https:'])"
)


class Watch:
    """Sees whether a page was taken in: code that ran, policy that stepped in, addresses asked."""

    def __init__(self, page: Page, origin: str) -> None:
        self._page = page
        self.elsewhere: list[str] = []
        page.on("request", lambda request: self._asked(request.url, origin))

    @classmethod
    async def over(cls, page: Page, origin: str) -> "Watch":
        """Begin before the page is loaded."""
        await page.add_init_script(_WATCH)
        return cls(page, origin)

    async def findings(self) -> list[str]:
        """All that went wrong; none is good."""
        ran = await self._page.evaluate("() => 'xss' in window")
        violations: list[str] = await self._page.evaluate("() => window.violations")
        foreign: list[str] = await self._page.locator("#room").evaluate(
            "(room, what) => [...room.querySelectorAll(what)].map((one) => one.outerHTML)", _FOREIGN
        )
        return [*(["code ran"] if ran else []), *violations, *foreign, *self.elsewhere]

    def _asked(self, url: str, origin: str) -> None:
        if not url.startswith((origin, "data:image/", "blob:")):
            self.elsewhere.append(url)


class HostileChat:
    """A chat that takes no care of what it says: every word of it is from `CORPUS`."""

    def __init__(self) -> None:
        self._offset = 100

    async def take(self, page: Page) -> None:
        """Answer the page in the chat's stead."""
        await page.route_web_socket("**/chat/ws*", self._serve)

    def _serve(self, line: WebSocketRoute) -> None:
        line.on_message(lambda text: self._answer(line, json.loads(str(text))))
        limits: dict[str, Any] = {}
        _say(line, "welcome", session="s1", user=CORPUS[1], heartbeat=20, limits=limits)

    def _answer(self, line: WebSocketRoute, frame: dict[str, Any]) -> None:
        room = frame.get("room")
        if frame["type"] != "join":
            return
        messages = [self._message(text) for text in CORPUS]
        everyone = list(CORPUS)
        _say(
            line,
            "joined",
            room=room,
            head=f"aaaa-{self._offset}",
            resumed=False,
            messages=messages,
            members=everyone,
            count=len(everyone),
        )
        _say(line, "typing", room=room, users=everyone[:3])
        _say(line, "presence", room=room, joined=everyone[3:6], left=[], count=len(everyone))
        _say(line, "error", code=CORPUS[0], message=CORPUS[1], retryable=False)

    def _message(self, text: str) -> dict[str, Any]:
        self._offset += 1
        return {
            "position": f"aaaa-{self._offset}",
            "cid": text[:64],
            "user": text,
            "text": text,
            "time": 1_795_343_351.2,
            "reactions": {text[:40]: [text]},
        }


def _say(line: WebSocketRoute, type_: str, **fields: Any) -> None:
    line.send(json.dumps({"type": type_, **fields}))
