"""Warmups: forecasts and explanations of popular comparisons, made before anybody asks and read from a cache."""
