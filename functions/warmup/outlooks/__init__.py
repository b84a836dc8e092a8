"""What the forecasts of a comparison mean: averages, direction, confidence, warnings, and who is expected to lead."""
