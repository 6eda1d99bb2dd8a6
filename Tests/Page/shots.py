"""Screenshots of a running page, for people to look at: shots.py ADDRESS DIRECTORY [PATH...]"""

import sys

from browser import Browser

address, directory, *paths = sys.argv[1:]
with Browser() as browser:
    for number, path in enumerate(paths or ["/"]):
        for name, width, height, dark in (
            ("light", 1440, 1000, False),
            ("dark", 1440, 1000, True),
            ("phone", 320, 700, False),
        ):
            browser.look(width, height, dark)
            browser.open(address.rstrip("/") + path)
            browser.whole_page(f"{directory}/{number}-{name}.png")
