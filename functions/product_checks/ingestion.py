"""What a check writes: one message to claim a product, one to record what its page told. Main thread only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nightshift import Run, fence
from nightshift.lease import Lease
from nightshift.sql import queries, render
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


def claim(run: Run, product_id: int, lease: Lease) -> KnownProduct | None:
    """Claim the product's fence and read what is known of it; None where it is gone or a newer worker was here."""
    known = render(_SQL["known_product"], {"lock": lease.name, "fence": lease.fence, "product_id": product_id})
    rows = run.database.write_each(fence.claim([lease]), known)
    return _known_product(rows[0]) if rows and "url" in rows[0] else None


def record_page(run: Run, check: Check, known: KnownProduct, page: Fetched, found: Extraction) -> dict[str, Any]:
    """Record what a page told, in one transaction: product, variants, histories, notifications and the check."""
    changes = compare(known.offer, known.variants, _offer(found), [_seen(variant) for variant in found.variants])
    statements = (
        _update_product(run, check, page, found, changes.product),
        _record_changes(check, changes),
        _render("tell_price_drops", product_id=check.product_id, price_learned=changes.product.price is not None),
        _record_check(run, check, "success", extra=changes.summary()),
    )
    return dict(run.write("; ".join(statements), holding=[check.lease])[0]["metadata"])


def record_unchanged(run: Run, check: Check) -> None:
    """Record a check whose page has not changed since it was read last."""
    move_on = _move_on(run, check, failed=False, wait_s=0)
    recorded = _record_check(run, check, "success", extra={"not_modified": True})
    run.write(f"{move_on}; {recorded}", holding=[check.lease])


def record_failure(run: Run, check: Check, error_class: str, message: str, wait_s: float = 0) -> None:
    """Record a check that failed: it moves neither price nor stock, only the time of the next one."""
    move_on = _move_on(run, check, failed=True, wait_s=wait_s)
    recorded = _record_check(run, check, "failed", error_class=error_class, message=message)
    run.write(f"{move_on}; {recorded}", holding=[check.lease])


def _update_product(run: Run, check: Check, page: Fetched, found: Extraction, offer: OfferChange) -> str:
    return _render(
        "update_product",
        product_id=check.product_id,
        name=_clean(found.title),
        brand=_clean(found.brand),
        image_url=_clean(found.image),
        price=offer.price,
        currency=offer.currency,
        availability=offer.availability,
        etag=_clean(page.etag),
        last_modified=_clean(page.last_modified),
        validated_url=page.final_url,
        slot=run.slot,
        interval_s=check.interval_s,
    )


def _record_changes(check: Check, changes: Changes) -> str:
    offer = changes.product
    returned: list[dict[str, int | None]] = [{"variant_id": None}] if offer.is_back else []
    returned += [{"variant_id": v.id} for v in changes.variants if v.id is not None and v.change.is_back]
    return _render(
        "record_changes",
        product_id=check.product_id,
        price=offer.price,
        currency=offer.currency,
        price_changed=offer.price_changed,
        availability=offer.availability,
        stock_changed=offer.stock_changed,
        variants=[_variant_row(variant) for variant in changes.variants],
        vanished=list(changes.vanished),
        returned=returned,
    )


def _variant_row(variant: VariantChange) -> dict[str, Any]:
    change = variant.change
    return {
        "id": variant.id,
        "sku": _clean(variant.seen.sku),
        "attributes": {_clean(name): _clean(str(value)) for name, value in (variant.seen.attributes or {}).items()},
        "position": variant.position,
        "price": str(change.price) if change.price is not None else None,
        "currency": change.currency,
        "availability": change.availability,
        "new_price": change.price_changed,
        "new_stock": change.stock_changed,
    }


def _move_on(run: Run, check: Check, *, failed: bool, wait_s: float) -> str:
    return _render(
        "move_on",
        product_id=check.product_id,
        failed=failed,
        slot=run.slot,
        interval_s=check.interval_s,
        wait_s=wait_s,
    )


def _record_check(
    run: Run,
    check: Check,
    status: str,
    *,
    error_class: str | None = None,
    message: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> str:
    return _render(
        "record_check",
        product_id=check.product_id,
        run_id=run.id,
        duration_ms=check.duration_ms,
        status=status,
        error_class=error_class,
        error_message=_clean(message[:_ERROR_LENGTH]) if message else None,
        metadata={**check.metadata, **(extra or {})},
    )


def _render(query: str, /, **values: Any) -> str:
    return render(_SQL[query], values)


def _clean(text: str | None) -> str | None:
    """Pages may hold NUL characters; PostgreSQL's text may not."""
    return text.replace("\x00", "") if text else text


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
