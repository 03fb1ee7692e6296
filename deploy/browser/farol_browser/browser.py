"""Owns the headless Chromium and what a person does with it: go somewhere, wait to see something, click, read.
Every wait is for a condition; there are no fixed pauses."""

import tempfile

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WAIT_S = 20
WIDE = (1360, 860)
PHONE = (390, 800)
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=en-GB"]


class Browser:
    """Used by `with`; the profile is new and is removed afterwards."""

    def __init__(self, chromium, chromedriver, base, *, javascript=True):
        self.chromium, self.chromedriver, self.base, self.javascript = chromium, chromedriver, base, javascript

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="farol-browser-", ignore_cleanup_errors=True)
        options = Options()
        options.binary_location = self.chromium
        for flag in [*FLAGS, f"--user-data-dir={self.profile.name}"]:
            options.add_argument(flag)
        if not self.javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(self.chromedriver))
        self.size(WIDE)
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self.profile.cleanup()

    def size(self, size):
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def go(self, path):
        self.driver.get(f"{self.base}/{path}")

    def wait(self, what, condition):
        """Waits until `condition()` is truthy and returns it; `what` is what a person would expect to see."""
        try:
            return WebDriverWait(self.driver, WAIT_S, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException]).until(lambda _: condition())
        except TimeoutException:
            raise AssertionError(f"expected {what}, but the page at {self.driver.current_url} says:\n{self.text('body')[:1200]}") from None

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def see(self, selector, containing=""):
        """Waits for a visible element with a text in it."""
        def visible():
            return next((each for each in self.all(selector) if each.is_displayed() and containing in each.text), None)
        return self.wait(f"{selector} with “{containing}”", visible)

    def click(self, selector, containing=""):
        element = self.see(selector, containing)
        self.wait(f"{selector} to stand still", lambda: self.stands_still(element))
        element.click()

    def stands_still(self, element):
        """Whether it stays where it is once it was scrolled to: rows of a long list get their height only when they come into view."""
        bring_and_look = "arguments[0].scrollIntoView({block: 'nearest'}); return arguments[0].getBoundingClientRect().top"
        return self.run(bring_and_look, element) == self.driver.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(() => arguments[1](arguments[0].getBoundingClientRect().top)))", element
        )

    def type(self, selector, text):
        field = self.see(selector)
        field.clear()
        field.send_keys(text)
        return field

    def text(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def address(self, containing):
        self.wait(f"an address with {containing}", lambda: containing in self.driver.current_url)

    def complaints(self):
        """Console errors since the last call, except failed requests, which the page itself must report."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING") and "Failed to load resource" not in entry["message"]]
