"""Reads template.yaml, and what the SAM transform makes of it, without AWS."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from local.template import load as read

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
Template = dict[str, Any]


def load(path: Path = TEMPLATE) -> Template:
    """The template as written, with what YAML aliases share as one copy each, to be changed without harm."""
    template: Template = json.loads(json.dumps(read(path)))
    return template


def translate(template: Template) -> Template:
    """The plain CloudFormation that AWS would deploy; code locations are invented, as nothing is uploaded."""
    # Imported here: it takes a second, and whoever only reads the template need not wait for it.
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    source = copy.deepcopy(template)
    for section in (source.get("Globals", {}).get("Function", {}), *_properties(source)):
        for key in ("CodeUri", "ContentUri"):
            if key in section:
                section[key] = "s3://bucket/" + re.sub(r"\W", "-", str(section[key]))
    # The transform wants a region; which one makes no difference to what is checked.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    result: Template = translator.translate(source, parameter_values={})
    return result


def _properties(template: Template) -> list[dict[str, Any]]:
    return [resource.get("Properties", {}) for resource in template["Resources"].values()]
