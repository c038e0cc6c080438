"""Chromium without a screen and without network, driven by the DevTools protocol over two pipes: nothing but the browser is needed.

SPDX-License-Identifier: GPL-2.0-or-later
"""

import base64
import json
import os
import pathlib
import select
import subprocess
import time

FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars --disable-background-networking
  --disable-component-update --disable-sync --no-pings --remote-debugging-pipe
  --blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4""".split()
# For what never comes; a loaded machine takes a minute for what takes a second.
PATIENCE_S = 300
KEYS = {"Enter": (13, "\r"), " ": (32, " "), "Escape": (27, ""), "Tab": (9, ""), "ArrowDown": (40, ""), "ArrowUp": (38, "")}


class Browser:
    """A Chromium of its own, for as long as a `with` lasts. `command` starts it: what gives up root, and the program."""

    def __init__(self, command, folder):
        there, self.to = os.pipe()
        self.back, here = os.pipe()
        self.log = open(pathlib.Path(folder, "chromium.log"), "wb")
        # The browser reads its orders from descriptor 3 and answers on 4.
        pipes = ["bash", "-c", f'exec "$@" 20<&{there} 21>&{here} 3<&20 4>&21 20<&- 21>&-', "chromium"]
        self.process = subprocess.Popen(
            [*pipes, *command, *FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}/chromium"],
            pass_fds=(there, here), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        os.close(there)
        os.close(here)
        self.count, self.rest, self.pages = 0, b"", {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (EOFError, BrokenPipeError):
            pass
        self.process.wait(30)
        self.log.close()

    def receive(self, seconds):
        """The next message, or None; what a page has to know goes to it."""
        until = time.monotonic() + seconds
        while b"\0" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                return None
            some = os.read(self.back, 1 << 20)
            if not some:
                raise EOFError("chromium has gone; its words are in chromium.log")
            self.rest += some
        one, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(one)
        if message.get("sessionId") in self.pages and "method" in message:
            self.pages[message["sessionId"]].notice(message["method"], message["params"])
        return message

    def send(self, method, session=None, **parameters):
        """An order, whose answer nobody waits for; its number."""
        self.count += 1
        order = {"id": self.count, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        rest = json.dumps(order).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.to, rest) :]
        return self.count

    def call(self, method, session=None, **parameters):
        number = self.send(method, session, **parameters)
        while message := self.receive(PATIENCE_S):
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
        raise TimeoutError(method)

    def page(self, width, height=900, dark=False, touch=False):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            page.call(f"{domain}.enable")
        page.look(width, height, dark)
        return page


class Page:
    """One tab. `faults` has all that the console would show; `asked` every address that was asked for."""

    def __init__(self, browser, session, target):
        self.browser, self.session, self.target = browser, session, target
        self.faults, self.asked, self.loaded = [], [], False

    def notice(self, method, parameters):
        if method == "Log.entryAdded":
            self.faults.append(f"{parameters['entry']['level']}: {parameters['entry']['text']}")
        elif method == "Runtime.consoleAPICalled":
            self.faults.append(f"{parameters['type']}: {[value.get('value') for value in parameters['args']]}")
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.faults.append(f"exception: {details.get('exception', {}).get('description', details['text'])}")
        elif method == "Audits.issueAdded":
            self.faults.append(f"issue: {json.dumps(parameters['issue'])}")
        elif method == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        elif method == "Fetch.requestPaused":
            self.browser.send("Fetch.fulfillRequest", self.session, requestId=parameters["requestId"], **self.waiting)
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def look(self, width, height=900, dark=False, media=""):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def touch(self):
        """From now on a finger is all there is, as on a telephone."""
        self.call("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
        self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def open(self, url):
        self.loaded = False
        self.call("Page.navigate", url=url)
        while not self.loaded:
            if not self.browser.receive(PATIENCE_S):
                raise TimeoutError(url)

    def serve(self, url, body, headers):
        """Opens an address whose answer is given here; needs Fetch.enable."""
        self.loaded = False
        self.waiting = {"responseCode": 200, "body": base64.b64encode(body).decode(), "responseHeaders": headers}
        self.browser.send("Page.navigate", self.session, url=url)
        while not self.loaded:
            if not self.browser.receive(PATIENCE_S):
                raise TimeoutError(url)

    def run(self, script, *values):
        """The value of a JavaScript expression; with values, of a function called with them. Promises are waited for."""
        if values:
            script = f"({script})({','.join(map(json.dumps, values))})"
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(f"{script[:200]}: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    def move(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector, index=0):
        """A real click, in the middle of an element, or of its first text if it is a part of a drawing; and whether it went to that element."""
        x, y, hit = self.run(
            """(selector, index) => {
              const element = document.querySelectorAll(selector)[index], target = element.closest('svg') && element.querySelector('text') || element;
              target.scrollIntoView({ block: 'center', inline: 'center' });
              const box = target.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
              return [x, y, element.contains(document.elementFromPoint(x, y))];
            }""", selector, index,
        )
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        return hit

    def key(self, name):
        code, text = KEYS[name]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code="Space" if name == " " else name, windowsVirtualKeyCode=code, text=text)

    def picture(self, path):
        box = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": box["width"], "height": box["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, path):
        pdf = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        pathlib.Path(path).write_bytes(base64.b64decode(pdf["data"]))
