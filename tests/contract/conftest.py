"""The template as written and as AWS would get it."""

from __future__ import annotations

import pytest

from deploy.translated import Template, load, translate


@pytest.fixture(scope="session")
def written() -> Template:
    return load()


@pytest.fixture(scope="session")
def translated(written: Template) -> Template:
    return translate(written)
