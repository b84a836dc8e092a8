"""Reads template.yaml with CloudFormation's short forms, and what the SAM transform makes of it, without AWS."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
Template = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: `!Sub x` is `{"Fn::Sub": "x"}`."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(path: Path = TEMPLATE) -> Template:
    """The template as written, with every short form spelled out."""
    written = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader with tags
    # Through JSON, so that what YAML aliases share becomes one copy each.
    template: Template = json.loads(json.dumps(written))
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
