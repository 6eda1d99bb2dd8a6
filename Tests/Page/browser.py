"""A real Chromium, driven by Selenium."""

import base64
import json

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait


class Browser:
    def __enter__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage",
                         "force-color-profile=srgb", "lang=en-GB"):
            options.add_argument("--" + argument)
        # An event stream never ends: a page is there when its document is.
        options.page_load_strategy = "eager"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(30)
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def look(self, width, height, dark=False, script=True, media=""):
        """How large the window is, and what the reader prefers."""
        tell = self.driver.execute_cdp_cmd
        tell("Emulation.setDeviceMetricsOverride",
             {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        tell("Emulation.setEmulatedMedia",
             {"media": media, "features": [
                 {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        tell("Emulation.setScriptExecutionDisabled", {"value": not script})

    def open(self, address):
        self.driver.get(address)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector="main"):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait(self, condition, what, seconds=20):
        WebDriverWait(self.driver, seconds, poll_frequency=0.1).until(
            lambda _: condition(), message=what)

    def whole_page(self, path):
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000),
                     "scale": 1}})
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def complaints(self):
        """What the console has to say: errors of scripts, and reports of the content policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def axe(self, source):
        """Violations that axe-core finds, one line each."""
        self.run(source)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']}).then(r => done(JSON.stringify("
            "[axe.version, r.violations.map(v => [v.id, v.help,"
            " v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.any.map(a => a.message).join(' '))])])))")
        version, violations = json.loads(found)
        return version, [f"{i}: {help}: {nodes}" for i, help, nodes in violations]
