"""What checks write: one message to claim products, one to record what their pages told. Main thread only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nightshift import Run, fence
from nightshift.lease import Lease
from nightshift.sql import queries, render
from nightshift.storable import storable
from product_checks.changes import Changes, KnownVariant, Offer, OfferChange, SeenVariant, VariantChange, compare
from product_checks.extraction import Extraction, Variant
from product_checks.extraction.currency import format_price
from product_checks.fetching import Fetched

_SQL = queries("product_checks")
_ERROR_LENGTH = 500


@dataclass(frozen=True)
class KnownProduct:
    """A product as it is stored, whose lock we hold."""

    id: int
    url: str
    due: bool
    offer: Offer
    variants: tuple[KnownVariant, ...]
    etag: str | None
    last_modified: str | None
    validated_url: str | None


@dataclass(frozen=True)
class Check:
    """What all records of one check have in common."""

    product_id: int
    lease: Lease
    interval_s: float
    duration_ms: int
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """All that one check writes, as rows by the statements' own names for them."""

    product_id: int
    lease: Lease
    rows: Mapping[str, Sequence[Mapping[str, Any]]]


def claim(run: Run, asked: Sequence[tuple[int, Lease]]) -> list[KnownProduct | None]:
    """Claim the fences of products and read what is known; None where one is gone or a newer worker was here."""
    held = [{"product_id": product_id, "lock": lease.name, "fence": lease.fence} for product_id, lease in asked]
    rows = run.database.write_each(fence.claim([lease for _, lease in asked]), _render("known_products", held=held))
    known = {row["id"]: _known_product(row) for row in rows if "url" in row}
    return [known.get(product_id) for product_id, _ in asked]


def record(run: Run, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Write what checks have found out, in one transaction; return their metadata.

    Where it cannot be written, nothing of it is; whoever brought several may try each alone.
    """
    pages, unread, checks = (_rows(records, name) for name in ("pages", "unread", "checks"))
    statements = [*_pages(run, records, pages)] if pages else []
    if unread:
        statements.append(_render("move_on", unread=unread, ids=_ids(unread), slot=run.slot))
    statements.append(_render("record_checks", checks=checks, run_id=run.id))
    written = run.write("; ".join(statements), holding=[each.lease for each in records])
    metadata = {row["product_id"]: row["metadata"] for row in written}
    return [dict(metadata[each.product_id]) for each in records]


def page_read(check: Check, known: KnownProduct, page: Fetched, found: Extraction) -> Record:
    """Return what a page told: product, variants, histories, notifications and the check."""
    changes = compare(known.offer, known.variants, _offer(found), [_seen(variant) for variant in found.variants])
    rows = {
        "pages": [_page_row(check, page, found, changes.product)],
        "checks": [_check_row(check, "success", extra=changes.summary())],
        **_change_rows(changes),
    }
    return _record(check, rows)


def page_unchanged(check: Check) -> Record:
    """Return a check whose page has not changed since it was read last."""
    checked = _check_row(check, "success", extra={"not_modified": True})
    return _record(check, {"unread": [_unread_row(check, failed=False, wait_s=0)], "checks": [checked]})


def page_failed(check: Check, error_class: str, message: str, wait_s: float = 0) -> Record:
    """Return a check that failed: it moves neither price nor stock, only the time of the next one."""
    checked = _check_row(check, "failed", error_class=error_class, message=message)
    return _record(check, {"unread": [_unread_row(check, failed=True, wait_s=wait_s)], "checks": [checked]})


def _record(check: Check, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Record:
    told = {name: [{"product_id": check.product_id, **row} for row in each] for name, each in rows.items()}
    return Record(check.product_id, check.lease, told)


def _rows(records: Sequence[Record], name: str) -> list[Mapping[str, Any]]:
    return [row for each in records for row in each.rows.get(name, ())]


def _ids(rows: Sequence[Mapping[str, Any]], name: str = "product_id") -> str:
    """Return an array's literal: of it the planner sees how many there are, and reads no table for them."""
    return f"{{{','.join(str(row[name]) for row in rows)}}}"


def _pages(run: Run, records: Sequence[Record], pages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ids, stored = _ids(pages), [{name: row[name] for name in row if name != "price_learned"} for row in pages]
    yield _render("update_products", pages=stored, ids=ids, slot=run.slot)
    changes = {name: _rows(records, name) for name in ("changed", "variants", "returned")}
    vanished = _rows(records, "vanished")
    if vanished or any(changes.values()):
        yield _render("record_changes", **changes, vanished=_ids(vanished, "id"), ids=ids)
    yield _render("tell_price_drops", priced=_ids([row for row in pages if row["price_learned"]]), ids=ids)


def _page_row(check: Check, page: Fetched, found: Extraction, offer: OfferChange) -> dict[str, Any]:
    return {
        "name": _clean(found.title),
        "brand": _clean(found.brand),
        "image_url": _clean(found.image),
        "price": offer.price,
        "currency": offer.currency,
        "availability": offer.availability,
        "etag": _clean(page.etag),
        "last_modified": _clean(page.last_modified),
        "validated_url": page.final_url,
        "interval_s": check.interval_s,
        "price_learned": offer.price is not None,
    }


def _change_rows(changes: Changes) -> dict[str, list[dict[str, Any]]]:
    offer = changes.product
    changed = [
        {
            "price": offer.price,
            "currency": offer.currency,
            "price_changed": offer.price_changed,
            "availability": offer.availability,
            "stock_changed": offer.stock_changed,
        }
    ]
    returned: list[dict[str, Any]] = [{"variant_id": None}] if offer.is_back else []
    returned += [{"variant_id": v.id} for v in changes.variants if v.id is not None and v.change.is_back]
    return {
        "changed": changed if offer.price_changed or offer.stock_changed else [],
        "variants": [_variant_row(variant) for variant in changes.variants],
        "vanished": [{"id": each} for each in changes.vanished],
        "returned": returned,
    }


def _variant_row(variant: VariantChange) -> dict[str, Any]:
    change = variant.change
    return {
        "id": variant.id,
        "sku": _clean(variant.seen.sku),
        "attributes": {_clean(name): _clean(str(value)) for name, value in (variant.seen.attributes or {}).items()},
        "position": variant.position,
        "price": change.price,
        "currency": change.currency,
        "availability": change.availability,
        "new_price": change.price_changed,
        "new_stock": change.stock_changed,
    }


def _unread_row(check: Check, *, failed: bool, wait_s: float) -> dict[str, Any]:
    return {"failed": failed, "interval_s": check.interval_s, "wait_s": wait_s}


def _check_row(
    check: Check,
    status: str,
    *,
    error_class: str | None = None,
    message: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "duration_ms": check.duration_ms,
        "status": status,
        "error_class": error_class,
        "error_message": _clean(message[:_ERROR_LENGTH]) if message else None,
        "metadata": {**check.metadata, **(extra or {})},
    }


def _render(query: str, /, **values: Any) -> str:
    return render(_SQL[query], values)


def _clean(text: str | None) -> str | None:
    return storable(text) if text else text


def _offer(found: Extraction | Variant) -> Offer:
    # With the decimals of its currency: people read these numbers in their mail.
    price = format_price(found.price, found.currency)
    return Offer(Decimal(price) if price else None, found.currency, str(found.availability))


def _seen(variant: Variant) -> SeenVariant:
    return SeenVariant(_offer(variant), variant.sku, dict(variant.attributes))


def _known_product(row: Mapping[str, Any]) -> KnownProduct:
    return KnownProduct(
        id=row["id"],
        url=row["url"],
        due=row["due"],
        offer=_stored_offer(row),
        variants=tuple(_known_variant(variant) for variant in row["variants"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        validated_url=row["validated_url"],
    )


def _known_variant(row: Mapping[str, Any]) -> KnownVariant:
    return KnownVariant(
        id=row["id"],
        position=row["position"],
        offer=_stored_offer(row),
        sku=row["sku"],
        attributes=row["attributes"],
        vanished=row["vanished"],
    )


def _stored_offer(row: Mapping[str, Any]) -> Offer:
    price = Decimal(row["price"]) if row["price"] is not None else None
    return Offer(price, row["currency"], row["availability"])
