"""Every named query of the project, found where the code finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy.translated import ROOT
from nightshift.sql import queries

SOURCES: Final = (ROOT / "functions", ROOT / "layers" / "nightshift")


@dataclass(frozen=True, order=True)
class Query:
    """One named query; package and name are its own among all."""

    package: str
    name: str
    file: str

    def __str__(self) -> str:
        return f"{self.package}.{self.name}"

    @property
    def text(self) -> str:
        """Its statement or statements, with placeholders."""
        return queries(self.package, self.file)[self.name]


def every_query() -> Iterator[Query]:
    """All that lies in files of named queries; migrations have none."""
    for source in SOURCES:
        for file in sorted(source.rglob("*.sql")):
            package = ".".join(file.parent.relative_to(source).parts)
            yield from (Query(package, name, file.name) for name in queries(package, file.name))
