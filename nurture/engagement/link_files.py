"""Where tracked links lead: immutable files that every web host has before it is ready.

`links/<version>.json` is the link table of one template version. `links/assets-NNNNNNNN.json` says
where the library's assets are; later files win, and what an earlier one named stays reachable.
"""

import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from nurture.kernel.errors import Conflict

PLAIN = "%/:=&?~#+!$,;'@()*[]"
"""What an address may hold beside letters and digits; all else is percent-encoded for a header."""


class LinkFiles:
    """Look targets up without a database; each file is read once per process."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "links"
        self._versions: dict[int, tuple[str, ...]] = {}
        self._assets: dict[int, str] = {}
        self._stamp = -1

    def url(self, version: int, n: int) -> str | None:
        """Tell the target of link `n`, None where this host does not know it."""
        links = self._versions.get(version)
        if links is None:
            links = _read_links(self._folder / f"{version}.json")
            if links is None:
                return None
            self._versions[version] = links
        return links[n] if 0 <= n < len(links) else None

    def asset(self, asset_id: int) -> str | None:
        """Tell where an asset is; a new file in the folder is noticed at the next question."""
        try:
            stamp = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if stamp != self._stamp or asset_id not in self._assets:
            self._stamp, self._assets = stamp, self._read_assets()
        return self._assets.get(asset_id)

    def write(self, version: int, links: Sequence[str]) -> None:
        """Publish the link table of a version; the same again is nothing, another is refused."""
        path = self._folder / f"{version}.json"
        wanted = tuple(quote(url, safe=PLAIN) for url in links)
        if not _publish(path, {"links": list(links)}) and _read_links(path) != wanted:
            raise Conflict(
                f"Template version {version} already has other links; publish a new one."
            )

    def missing(self, versions: Iterable[int]) -> list[int]:
        """Name the versions whose links this host does not know yet."""
        return [one for one in versions if not (self._folder / f"{one}.json").exists()]

    def write_assets(self, urls: Mapping[int, str]) -> None:
        """Publish where assets are, as the next file; nothing when the files say so already."""
        if urls.items() <= self._read_assets().items():
            return
        number = len(list(self._folder.glob("assets-*.json"))) + 1
        content = {"assets": {str(key): url for key, url in sorted(urls.items())}}
        while not _publish(self._folder / f"assets-{number:08d}.json", content):
            number += 1

    def _read_assets(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for path in sorted(self._folder.glob("assets-*.json")):
            table: dict[str, str] = json.loads(path.read_bytes())["assets"]
            found.update((int(key), quote(url, safe=PLAIN)) for key, url in table.items())
        return found


def _read_links(path: Path) -> tuple[str, ...] | None:
    try:
        links: list[str] = json.loads(path.read_bytes())["links"]
    except FileNotFoundError:
        return None
    return tuple(quote(url, safe=PLAIN) for url in links)


def _publish(path: Path, content: Mapping[str, object]) -> bool:
    """Put a whole file in place at once; False when one is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.parent / f".{secrets.token_hex(8)}"
    with hidden.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(hidden)
    except FileExistsError:
        return False
    finally:
        hidden.unlink()
    return True
