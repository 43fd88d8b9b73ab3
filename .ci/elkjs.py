"""Fetches elkjs, which lays out pictures, into the package: when a wheel is built, and on ``python .ci/elkjs.py``.

elkjs is not part of the repository. npm knows where it is; what comes is checked against the hash below, and its
licence (EPL-2.0) goes with it. A build without npm, or without a network, goes on: everything but pictures works then.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a program, where nothing is built
    BuildHookInterface = object

VERSION = "0.12.1"
INTEGRITY = "sha512-IhMYKHE4S2vtx0QrhBP3lYOIKDeIiJXBrdq9MGYkuB8ZHqhrBnHNfSUndjXFewrX1CPK8chwq+2NA0K0hliYuw=="
FILES = {"package/lib/elk-worker.min.js": "elk-worker.min.js", "package/LICENSE.md": "LICENSE.md"}
SIGN = "VERSION"
"""The file that says which version is there; it is written last."""


class Hook(BuildHookInterface):  # type: ignore[misc, valid-type, type-arg, unused-ignore]  # as hatchling is there only while it builds
    """Sees to it that elkjs is in the package before that is packed."""

    PLUGIN_NAME = "elkjs"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch elkjs; tell why it is missing, and build without it, if that fails."""
        try:
            fetch(Path(self.root))
        except Missing as error:
            self.app.display_warning(f"hsm.draw will not make pictures: {error}")


class Missing(Exception):
    """elkjs could not be fetched."""


def fetch(root: Path) -> Path:
    """The folder with elkjs in the checkout at *root*, which is filled if it has to be.

    Raises:
        Missing: There is no npm, it cannot reach its registry, or what it gave is not what was expected.
    """
    folder = root / "hsm" / "draw" / "elk"
    sign = folder / SIGN
    if sign.is_file() and sign.read_text(encoding="utf-8") == VERSION:
        return folder
    archive = _packed()
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != INTEGRITY:
        raise Missing(f"elkjs {VERSION} has another hash than expected: {digest}")
    folder.mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member, name in FILES.items():
            found = packed.extractfile(member)
            assert found is not None, member  # by the hash
            (folder / name).write_bytes(found.read())
    sign.write_text(VERSION, encoding="utf-8")
    return folder


def _packed() -> bytes:
    """The archive of elkjs, as npm gives it."""
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("fetching elkjs needs npm")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"elkjs@{VERSION}", "--pack-destination", folder, "--silent", "--ignore-scripts"]
        command += ["--fetch-retries=1"]  # who has no network should not wait long
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as error:
            words = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            raise Missing(f"npm cannot fetch elkjs: {words[-1] if words else 'it does not say why'}") from error
        return next(Path(folder).glob("*.tgz")).read_bytes()


if __name__ == "__main__":
    try:
        print(fetch(Path(__file__).resolve().parent.parent))
    except Missing as error:
        sys.exit(str(error))
