"""A tab that can really be hidden: driven by the browser's own protocol, as Playwright keeps its pages visible."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Fifty times as fast, and counted: how often a timer has fired, and how often the page has asked for anything.
_HURRY = """
window.fired = 0; window.asked = 0;
const later = window.setTimeout, ask = window.fetch;
window.setTimeout = (work, ms, ...rest) => later(() => { window.fired += 1; work(...rest); }, ms / 50);
window.fetch = (...what) => { window.asked += 1; return ask(...what); };
"""
_PATIENCE = 2000


class Tab:
    """One tab in a window of its own; `hide` puts another one before it."""

    def __init__(self, browser: Browser, state: Path) -> None:
        """Open an empty tab that has the cookies of a saved state."""
        self._browser = browser.new_browser_cdp_session()
        self._numbers = count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._browser.on("Target.receivedMessageFromTarget", self._keep)
        self._context = self._browser.send("Target.createBrowserContext")["browserContextId"]
        cookies = [
            {name: value for name, value in each.items() if name != "expires" or value > 0}
            for each in json.loads(state.read_text())["cookies"]
        ]
        self._browser.send("Storage.setCookies", {"cookies": cookies, "browserContextId": self._context})
        self._target = self._opened()
        attached = self._browser.send("Target.attachToTarget", {"targetId": self._target, "flatten": False})
        self._session = attached["sessionId"]
        self._call("Page.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=_HURRY)

    def open(self, url: str) -> None:
        """Load a page."""
        self._call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def hide(self) -> None:
        """Put another tab before this one."""
        self._browser.send("Target.activateTarget", {"targetId": self._opened()})
        self.wait_for("document.hidden")

    def show(self) -> None:
        """Put this tab before all others."""
        self._browser.send("Target.activateTarget", {"targetId": self._target})
        self.wait_for("!document.hidden")

    def read(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"]
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Return once a condition holds in the page."""
        self._until(lambda: bool(self.read(condition)), condition)

    def close(self) -> None:
        """Close the tab and those that hid it."""
        self._browser.send("Target.disposeBrowserContext", {"browserContextId": self._context})
        self._browser.detach()

    def _opened(self) -> str:
        asked = {"url": "about:blank", "browserContextId": self._context}
        return str(self._browser.send("Target.createTarget", asked)["targetId"])

    def _keep(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        self._answers[message.get("id", 0)] = message

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = json.dumps({"id": number, "method": method, "params": params})
        self._browser.send("Target.sendMessageToTarget", {"sessionId": self._session, "message": message})
        self._until(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return answer

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        for _ in range(_PATIENCE):
            if holds():
                return
            # A round trip, in which the browser's messages come in.
            self._browser.send("Browser.getVersion")
        raise AssertionError(f"waited in vain for: {what}")
