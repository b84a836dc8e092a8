"""`make licences`: under which licences the shipped packages are, as their own metadata says, into docs/licences.md."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "licences.md"
# The lock file of each layer, by the layer's folder.
LAYERS = {"dependencies": "runtime", "extraction": "extraction", "forecasting": "forecasting"}
_LOCKED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
_HEAD = """\
# Licences of what is shipped

Nightshift itself is under the MIT licence (`LICENSE`). The layers carry the packages below, all under licences that
ask for their notice to be kept: their licence files are shipped with them (`deploy/bundle.py` keeps them). boto3 is
part of the Lambda runtime and not shipped. numpy's wheels contain OpenBLAS (BSD-3-Clause) and GCC's run-time libraries
(GPL-3.0 with the GCC Runtime Library Exception), whose texts are in numpy's own licence file.

Written by `make licences` from the metadata of the locked packages; a test compares.

| package | version | licence | layer |
|---|---|---|---|
"""


def table() -> str:
    """Return the page.

    Raises:
        PackageNotFoundError: a locked package is not installed here.
    """
    return _HEAD + "".join(sorted(_row(name, version, layer) for name, version, layer in _locked()))


def _locked() -> list[tuple[str, str, str]]:
    return [
        (name, version, layer)
        for layer, lock in LAYERS.items()
        for name, version in _LOCKED.findall((ROOT / "requirements" / f"{lock}.txt").read_text("utf-8"))
    ]


def _row(name: str, version: str, layer: str) -> str:
    return f"| {name} | {version} | {licence(distribution(name))} | {layer} |\n"


def licence(package: Distribution) -> str:
    """Return what a package says of its licence: the SPDX expression, else its classifiers, else the free text."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    told = [each for each in metadata.get_all("Classifier") or [] if each.startswith("License ::")]
    words = ", ".join(each.rpartition("::")[2].strip() for each in told)
    return words or (metadata["License"].partition("\n")[0] if "License" in metadata else "not said")


def main() -> None:
    """Write the page."""
    FILE.write_text(table(), "utf-8")
    print(FILE.relative_to(ROOT))


if __name__ == "__main__":
    main()
