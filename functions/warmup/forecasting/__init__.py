"""Forecasts with bands for daily, weekly and monthly series, from numpy alone (docs/adr/0110)."""

from warmup.forecasting.engine import ENGINE_VERSION, forecast
from warmup.forecasting.history import CannotForecast
from warmup.forecasting.result import Forecast

__all__ = ["ENGINE_VERSION", "CannotForecast", "Forecast", "forecast"]
