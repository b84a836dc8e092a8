"""Keeps what is in the tables from one run to the next: the local DynamoDB lives in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local.aws import client
from local.state import read_json, write_private

Item = dict[str, dict[str, Any]]


def keep(endpoint: str, tables: Iterable[str], file: Path) -> None:
    """Writes every item of every table into a file."""
    dynamodb = client("dynamodb", endpoint)
    pages = dynamodb.get_paginator("scan")
    items = {table: [item for page in pages.paginate(TableName=table) for item in page["Items"]] for table in tables}
    write_private(file, json.dumps(items, default=_text) + "\n")


def restore(endpoint: str, tables: Iterable[str], file: Path) -> None:
    """Puts the items of the last run back; whoever held a lock then is dead, so the lock is free now."""
    kept: dict[str, list[Item]] = read_json(file) or {}
    dynamodb = client("dynamodb", endpoint)
    for table in tables:
        for item in kept.get(table, []):
            dynamodb.put_item(TableName=table, Item=_freed(_with_bytes(item)))


def raise_fences(endpoint: str, table: str, fences: Mapping[str, int]) -> None:
    """Lifts the locks' fences to those that PostgreSQL has seen.

    The file may be older than the database (a kill -9) or gone: a fence that began below the one that the database
    knows would make every run a late one.
    """
    dynamodb = client("dynamodb", endpoint)
    for name, fence in fences.items():
        try:
            dynamodb.update_item(
                TableName=table,
                Key={"pk": {"S": name}},
                UpdateExpression="SET fence = :fence",
                ConditionExpression="attribute_not_exists(fence) OR fence < :fence",
                ExpressionAttributeValues={":fence": {"N": str(fence)}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            continue


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _with_bytes(item: Item) -> Item:
    """As it was before `keep` wrote bytes as text."""
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in item.items()
    }


def _freed(item: Item) -> Item:
    """Without its holder; one that is held back without a holder (at-least-for) stays so."""
    if "holder" not in item:
        return item
    return {name: value for name, value in item.items() if name != "holder"} | {"until_ms": {"N": "0"}}
