"""Link scanners of company gateways: each link of each mail, HEAD and GET, after delivery."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from workers.demo.browser import SCANNERS, Browser
from workers.demo.read_mail import Mail

THREADS = 4
QUIET_SECONDS = 2.2
"""Clicks hang on to a scanner's run when less than two seconds of machine time lie between them."""


class Scanners:
    """All scanners of all companies; they remember when they were at which mail."""

    def __init__(self, base_url: str) -> None:
        """Scan links to `base_url`; whatever leads elsewhere does not exist here."""
        self._base = base_url
        self._seen: dict[int, float] = {}
        self.requests = 0
        self.mails = 0

    def scan(self, mails: Sequence[Mail]) -> None:
        """Fetch every link of these mails; each mail's links follow each other at once."""
        if not mails:
            return
        with ThreadPoolExecutor(THREADS) as pool:
            shares = [mails[start::THREADS] for start in range(THREADS)]
            self.requests += sum(pool.map(self._scan_all, shares))
        self.mails += len(mails)

    def wait_until_quiet(self, mail: Mail) -> None:
        """Hold a person's click back until it cannot be taken for the scanner's.

        People come minutes or days later; in a stepped run that may be a moment of machine time.
        """
        scanned = self._seen.get(mail.number)
        if scanned is not None:
            left = scanned + QUIET_SECONDS - time.monotonic()
            if left > 0:
                time.sleep(left)

    def _scan_all(self, mails: Sequence[Mail]) -> int:
        browser = Browser(self._base, agent=SCANNERS)
        requests = 0
        for mail in mails:
            for link in mail.links:
                if link.startswith(self._base):
                    browser.head(link)
                    browser.get(link)
                    requests += 2
            self._seen[mail.number] = time.monotonic()
        browser.close()
        return requests
