"""The road of a release manager, in a real Chromium: test_page.py CONDUCTORD AXE SHOTS

It plays the playground with a daemon of its own, and looks at its page: see, understand, drill down,
travel back; live without reload; stale when the daemon stands still, and healed when it goes on.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from browser import Browser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOSTILE = '"><img src=x onerror="window.hurt=1"></script><script>window.hurt=2</script>'
TRACK = "/tracks/music/ios/8.9.2"
passed = failed = 0


def check(what, holds, more=""):
    global passed, failed
    if holds:
        passed += 1
        print(f"  ok    {what}")
    else:
        failed += 1
        print(f"  FAILED {what} {more}")


class Daemon:
    """The playground, played."""

    def __init__(self, binary):
        self.ground = tempfile.mkdtemp(prefix="conductord-page.")
        self.play = os.path.join(self.ground, "play")
        self.log = open(os.path.join(self.ground, "log"), "w")
        self.process = subprocess.Popen(
            [ROOT / "Scripts/play.sh", binary, self.play], stdout=self.log, stderr=self.log,
            env={**os.environ, "PORT": "0"}, start_new_session=True)
        log = pathlib.Path(self.play, "conductord.log")
        deadline = time.monotonic() + 60
        while True:
            found = re.findall(r"address=(http://[^ ]+)", log.read_text()) if log.exists() else []
            if found:
                self.address = found[-1].rstrip("/")
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(pathlib.Path(self.log.name).read_text())
            time.sleep(0.1)
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        self.pid = next(
            int(child) for child in pathlib.Path(children).read_text().split()
            if "conductord" in pathlib.Path(f"/proc/{child}/comm").read_text())

    def ask(self, *arguments):
        return subprocess.run([os.path.join(self.play, "conductord"), *arguments],
                              capture_output=True, text=True, timeout=60)

    def fact(self, file, **values):
        path = pathlib.Path(self.play, "facts", file)
        text = path.read_text()
        for name, value in values.items():
            text, count = re.subn(rf"(?m)^(\s*{name}:)[^#\n]*", rf"\1 {value} ", text)
            assert count == 1, f"{file} has no {name}"
        path.write_text(text)

    def end(self):
        os.kill(self.pid, signal.SIGCONT)
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.ground, ignore_errors=True)


def greens(browser):
    """Elements that are shown in the colour of green."""
    return browser.run(
        "const probe = document.createElement('i'); probe.style.color = 'var(--green)';"
        "document.body.append(probe); const green = getComputedStyle(probe).color; probe.remove();"
        "return [...document.querySelectorAll('main *')].filter(e => e.textContent"
        " && getComputedStyle(e).color === green).length")


def road(browser, daemon, axe, shots):
    address = daemon.address

    def shot(name):
        browser.whole_page(os.path.join(shots, name + ".png"))

    def well(where):
        version, violations = browser.axe(axe)
        check(f"axe-core {version} finds nothing on {where}", not violations, violations)

    def comes(condition, what, seconds=20):
        try:
            browser.wait(condition, what, seconds)
            return True
        except Exception:
            return False

    def see(selector, words, seconds=20):
        return comes(lambda: words in browser.text(selector), words, seconds)

    print("See")
    browser.look(1440, 900)
    browser.open(address + "/")
    check("the overview names the tracks", see("main", "ios"))
    browser.run("window.here = 1")
    subprocess.run(["git", "-C", daemon.play + "/repository", "branch", "release/8.9.2", "main"],
                   check=True)
    check("a cut branch shows without reload", see("#shelf-current", "final_rc", 40))
    check("it was no reload", browser.run("return window.here") == 1)
    shot("overview")
    well("the overview")
    browser.look(1440, 900, dark=True)
    shot("overview-dark")
    well("the dark overview")
    browser.look(1440, 900)

    print("Filter")
    browser.open(address + "/?platform=ios")
    check("a filter in the address shows one track",
          browser.run("return document.querySelectorAll('.track').length") == 1)
    check("the form says so",
          browser.run("return document.querySelector('select[name=platform]').value") == "ios")
    browser.run("const s = document.querySelector('select[name=platform]'); s.value = 'android';"
                "s.dispatchEvent(new Event('change', {bubbles: true}))")
    browser.wait(lambda: "platform=android" in browser.driver.current_url, "the address follows")
    check("choosing another one goes to its address", True)

    print("Understand, drill down")
    browser.open(address + "/")
    browser.run("document.querySelector(`a[href='" + TRACK + "']`).click()")
    check("the track says why not", see("#why", "Why not → submitted yet?"))
    check("with the value of the bug count", "blockers.open" in browser.text())
    check("the machine is drawn", browser.run("return document.querySelectorAll('.node').length") > 5)
    check("and where it is",
          browser.run("return document.querySelector('.node.here text').textContent") == "final_rc")
    shot("track")
    well("the track")
    before = browser.run("return document.querySelector('.travel input').value")

    print("Log in, and act")
    link = daemon.ask("dashboard", "login").stdout.strip()
    check("nobody acts who is not known", "Act" not in browser.text("main h2") and not browser.run(
        "return document.querySelector('#acts')"))
    browser.open(link)
    check("the link asks", see("main", "This link logs this browser in"))
    shot("login")
    well("the login link")
    browser.run("document.querySelector('main form button').click()")
    check("and lets in", see("nav", "Account"))
    browser.open(address + TRACK)
    check("what can be done is there", see("#acts", "Hold"))
    browser.run("document.querySelector('#acts select[name=what]').value = 'search';"
                "document.querySelector('#acts form button').click()")
    check("signing off asks first", see("main", "Sign off 'search' for music/8.9.2?"))
    well("the question of a sign-off")
    browser.run("document.querySelector('button.act').click()")
    check("and is done", see("main", "search: approved"))
    well("the answer")
    browser.open(address + TRACK + "/ask/advance?to=submitted")
    check("a link opens the question", see("main", "Advance music/ios/8.9.2 to submitted?"))
    check("with the actions", "store.submit_for_review" in browser.text())
    check("and with what is not met", "it will be refused" in browser.text())
    shot("question")
    well("the question of an advance")
    browser.run("document.querySelector('button.act').click()")
    check("it is refused with what is not met", see("main", "no_open_blockers"))
    shot("refused")
    well("the refusal")
    browser.look(1440, 900, script=False)
    browser.open(address + TRACK + "/ask/hold")
    browser.driver.find_element("name", "reason").send_keys("a look at it")
    browser.driver.find_element("css selector", "button.act").click()
    check("without script a hold is placed", "held" in browser.driver.find_element(
        "tag name", "main").text)
    browser.open(address + TRACK + "/ask/resume")
    browser.driver.find_element("css selector", "button.act").click()
    check("and lifted", "lifted" in browser.driver.find_element("tag name", "main").text)
    browser.look(1440, 900)
    browser.open(address + "/")
    check("an administrator can stop everything", see("#acts", "STOP"))
    well("the overview of an administrator")
    browser.open(address + TRACK)
    browser.wait(lambda: browser.text("#acts"), "the acts")
    shot("act")
    well("the track of an administrator")

    print("See it here")
    browser.run("window.here = 1; document.querySelectorAll('details').forEach(d => d.open = true);")
    daemon.fact("release.yaml", blockers="0", tests="passed")
    daemon.fact("ios.yaml", sessions="12000", content_plays="9000")
    check("playback signs off", daemon.ask("signoff", "music/8.9.2", "playback").returncode == 0)
    check("the track goes on by itself, and the page with it", see("#title", "submitted", 40))
    check("without reload", browser.run("return window.here") == 1)

    print("Travel back")
    browser.open(address + TRACK + "?at=" + before)
    check("it is as it was", see("#title", "final_rc", 5))
    first = urllib.request.urlopen(address + TRACK + "?at=" + before).read()
    check("and the same again",
          urllib.request.urlopen(address + TRACK + "?at=" + before).read() == first)
    check("a slider has the moments at which something happened", comes(
        lambda: browser.run("return document.querySelector('.travel [type=range]') !== null"), "slider"))
    browser.run("""
        const slider = document.querySelector('.travel [type=range]');
        slider.value = 0;
        for (const name of ['input', 'change']) slider.dispatchEvent(new Event(name, { bubbles: true }));
        """)
    check("moving it shows another moment", comes(
        lambda: "at=" in browser.driver.current_url and before not in browser.driver.current_url,
        "the address"))
    check("the first one", see("#title", "upcoming", 5), browser.text("#title"))
    browser.open(address + TRACK + "?at=" + before)
    shot("as-it-was")
    well("the past")

    print("Hostile words")
    check("a hold with a hostile reason",
          daemon.ask("hold", "music/ios/8.9.2", "--reason", HOSTILE).returncode == 0)
    browser.open(address + "/")
    check("it is shown as text", see("main", "onerror="))
    browser.open(address + TRACK)
    check("on the track, too", see("main", "onerror="))
    check("and does nothing", browser.run(
        "return window.hurt === undefined && !document.querySelector('img')"))
    daemon.ask("resume", "music/ios/8.9.2")

    print("Lose touch, and heal")
    browser.open(address + "/")
    check("something is green", greens(browser) > 0)
    browser.run("window.here = 1")
    os.kill(daemon.pid, signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        lost = see("#lost", "Lost touch", 20)
        check(f"it says so within 15 s ({time.monotonic() - stopped:.1f} s)",
              lost and time.monotonic() - stopped <= 15)
        check("nothing is green any more", greens(browser) == 0)
        shot("lost")
        well("the page that lost touch")
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    try:
        browser.wait(lambda: not browser.text("#lost") and greens(browser) > 0, "healed", 20)
        healed = True
    except Exception:
        healed = False
    check("it heals", healed)
    check("without reload", browser.run("return window.here") == 1)

    print("Other readers")
    for path, name in (("/", "overview"), (TRACK, "track")):
        browser.look(320, 640)
        browser.open(address + path)
        browser.wait(lambda: browser.text(), "a page")
        wide = browser.run("return document.documentElement.scrollWidth")
        check(f"the {name} fits 320 px", wide <= 320, f"it is {wide} wide")
        shot(f"{name}-phone")
        well(f"the {name} on a phone")
        browser.look(1440, 900, script=False)
        browser.open(address + path)
        check(f"the {name} reads without script",
              "UTC" in browser.driver.find_element("tag name", "main").text)
    browser.look(1440, 900)
    browser.open(address + "/")
    first = browser.run("return document.querySelector('a, button, input, select').textContent")
    check("the first stop of the keyboard leads to the content", first == "Skip to content")
    paints = []
    for _ in range(5):
        browser.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        browser.open(address + "/")
        browser.wait(lambda: browser.run(
            "return performance.getEntriesByName('first-contentful-paint').length"), "a paint")
        paints.append(browser.run(
            "return performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    print(f"  first contentful paint, median of {len(paints)} cold loads:"
          f" {sorted(paints)[len(paints) // 2]:.0f} ms")

    # A refused act is answered with 409, which the console takes down.
    complaints = [text for text in browser.complaints() if "ERR_INCOMPLETE_CHUNKED" not in text
                  and "status of 409" not in text
                  and "favicon" not in text]
    check("the console has nothing to say", not complaints, complaints)


def main():
    binary, axe, shots = sys.argv[1:]
    os.makedirs(shots, exist_ok=True)
    daemon = Daemon(binary)
    try:
        with Browser() as browser:
            road(browser, daemon, pathlib.Path(axe).read_text(), shots)
    finally:
        daemon.end()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
