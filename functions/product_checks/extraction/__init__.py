"""Reads a product out of a shop's page. Pure logic: text in, value out; no network, no database."""

from product_checks.extraction.extractor import extract
from product_checks.extraction.model import MAX_VARIANTS, Availability, Extraction, Failure, Variant

__all__ = ["MAX_VARIANTS", "Availability", "Extraction", "Failure", "Variant", "extract"]
