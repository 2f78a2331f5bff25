"""A page in a real browser, driven over the DevTools protocol: chromium's debugging pipe, without a library."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 60  # the longest wait for an answer


class Page:
    """A tab of its own browser. `troubles` gathers what its console tells of errors: of scripts, policy, network."""

    def __init__(self, profile):
        """`profile` is an empty folder."""
        # Chromium reads commands from descriptor 3 and answers on 4; numbers above 9 keep out of their way.
        (command, self._write), (self._read, answer) = (self._pipe() for _ in range(2))
        self._browser = subprocess.Popen(
            [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900",
             "--lang=zh-CN", "--accept-lang=zh-CN",
             "--remote-debugging-pipe", f"--user-data-dir={profile}"],
            preexec_fn=lambda: (os.dup2(command, 3), os.dup2(answer, 4)),
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command)
        os.close(answer)
        self._number, self._rest, self._session = 0, b"", None
        self._events, self.troubles = [], []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self(f"{domain}.enable")

    @staticmethod
    def _pipe():
        ends = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
        for end in ends:
            os.close(end)
        return high

    def __call__(self, method, **parameters):
        """Call a method of the protocol; those of the browser as a whole go to no tab."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session and not method.startswith(("Browser.", "Target.")):
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while (answer := self._next()).get("id") != message["id"]:
            self._note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self):
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._rest:
            if not select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            if not (part := os.read(self._read, 1 << 16)):
                raise EOFError("the browser has ended")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        self._events.append(event.get("method"))
        if event.get("method") == "Runtime.exceptionThrown":
            details = event["params"]["exceptionDetails"]
            self.troubles.append(details.get("exception", {}).get("description", details["text"]))
        elif event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.troubles.append(event["params"]["entry"]["text"])

    def open(self, address):
        """Load an address, and wait for all of it."""
        self("Page.navigate", url="about:blank")  # else another `#` would load nothing
        self._events.clear()
        self("Page.navigate", url=address)
        while "Page.loadEventFired" not in self._events:
            self._note(self._next())
        self.wait(f"document.readyState == 'complete' && location.href.startsWith({json.dumps(address[:20])})")

    def value(self, expression):
        """What JavaScript makes of an expression; a promise is waited for."""
        wanted = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self("Runtime.evaluate", expression=expression, **wanted)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression):
        """Until the expression is true."""
        deadline = time.monotonic() + SECONDS
        while not self.value(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise TimeoutError(expression)
            time.sleep(0.02)

    def type(self, selector, text):
        """Put a text into a field, in the place of what it holds."""
        self.value(f"(field => {{ field.focus(); field.select(); }})(document.querySelector({json.dumps(selector)}))")
        self("Input.insertText", text=text)

    def press(self, key, code, modifiers=0):
        """Press a key, such as `Enter`, 13; 2 holds Ctrl."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        keys = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self("Input.dispatchKeyEvent", type="keyDown", **keys, **({"text": text} if text and not modifiers else {}))
        self("Input.dispatchKeyEvent", type="keyUp", **keys)

    def resize(self, width, height, scale=1):
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def scheme(self, name):
        """`light` or `dark`, as the system would have it."""
        self("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def shoot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self("Page.captureScreenshot")["data"]))

    def close(self):
        self("Browser.close")
        self._browser.wait(SECONDS)
        os.close(self._read)
        os.close(self._write)
