"""A Chromium without a window, spoken to through two pipes in its own protocol: no driver is needed."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.needs import need

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0
# It shows pages of ours alone, and nobody but it may read them; as root it would not begin with its sandbox.
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


def program() -> str:
    """Return where Chromium is; skip the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    need(found, "Chromium", "install the package `chromium-headless-shell` (Debian) or `chromium`")
    return str(found)


@contextmanager
def browser(home: Path) -> Iterator[Page]:
    """Yield a page of a browser that ends with the block; it keeps what it has to below `home`."""
    told, tell = os.pipe()
    hear, say = os.pipe()

    def as_it_expects() -> None:
        """Let it hear on 3 and speak on 4, whatever numbers the pipes have."""
        high = [fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 10) for pipe in (told, say)]
        for number, pipe in enumerate(high, start=3):
            os.dup2(pipe, number)

    process = subprocess.Popen(
        [program(), *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={home / 'profile'}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(home)},
        close_fds=False,  # or 3 and 4 would be closed again
        preexec_fn=as_it_expects,  # noqa: PLW1509 - it calls nothing that a thread may hold
    )
    os.close(told)
    os.close(say)
    try:
        yield Page(tell, hear)
    finally:
        os.close(tell)
        os.close(hear)
        process.kill()
        process.wait()


class Page:
    """A page, which can be told to show a file and asked what a script comes to."""

    def __init__(self, tell: int, hear: int) -> None:
        self._tell, self._hear = tell, hear
        self._unread = b""
        self._asked = 0
        self._session: dict[str, str] = {}
        self._events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def show(self, file: Path, *, media: str = "screen", scheme: str = "light", width: int = 1280) -> None:
        """Show a file on a medium, in the colours somebody prefers, so many pixels wide."""
        self._events.clear()
        preferred = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=preferred)
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False
        )
        self.ask("Page.navigate", url=file.as_uri())
        while not any(each["method"] == "Page.loadEventFired" for each in self._events):
            self._events.append(self._heard())

    def complaints(self) -> list[str]:
        """Return what the browser has written of the page in its console: whatever it had to refuse."""
        said = (each["params"] for each in self._events if each["method"] == "Log.entryAdded")
        return [each["entry"]["text"] for each in said]

    def comes_to(self, script: str) -> Any:
        """Return what a script comes to, when it has."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def ask(self, method: str, **params: Any) -> Any:
        """Return the answer to a message of the protocol."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": params, **self._session}
        self._write(json.dumps(message).encode() + b"\0")
        while (heard := self._heard()).get("id") != self._asked:
            self._events.append(heard)
        assert "error" not in heard, heard
        return heard["result"]

    def _write(self, message: bytes) -> None:
        while message:
            message = message[os.write(self._tell, message) :]

    def _heard(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._hear], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"Chromium said nothing for {PATIENCE} s"
            part = os.read(self._hear, 1 << 20)
            assert part, "Chromium has ended"
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))
