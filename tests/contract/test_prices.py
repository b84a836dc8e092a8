"""The dashboard knows how much memory each job's function has."""

from __future__ import annotations

import json

from api.domains import DOMAINS
from deploy.rules.reading import of_type
from deploy.translated import load, translate


def test_the_memory_behind_a_runs_price_is_that_of_its_function() -> None:
    functions = dict(of_type(translate(load()), "AWS::Lambda::Function"))
    said = json.loads(functions["ApiFunction"]["Environment"]["Variables"]["JOB_MEMORY_MB"])
    names = {job.name for domain in DOMAINS for job in domain.JOBS}
    has = {
        name: body["MemorySize"]
        for body in functions.values()
        for name in names
        if json.dumps(body["FunctionName"]).endswith(f'-{name}"}}')
    }

    assert has.keys() == names
    assert {name: said.get(name, 512) for name in names} == has
