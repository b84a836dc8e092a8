"""A comparison and its forecasts as a picture that a person opens."""
