"""AWS's public prices, by hand: on demand, us-east-1, first tier, before any free tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from deploy.observability import costs as cloudwatch
from warmup.explaining.pricing import PUBLIC_PRICES

REGION: Final = "us-east-1"
PRICES_OF: Final = cloudwatch.PRICES_OF


@dataclass(frozen=True)
class Price:
    """US dollars for `per` of a unit; `page` of AWS says so, and an account has `free` for nothing."""

    usd: float
    per: int
    unit: str
    page: str
    free: str = "nothing"

    def of(self, amount: float) -> float:
        """Return what so many units cost."""
        return amount * self.usd / self.per


ARM: Final = Price(0.0000133334, 1, "GB-second, arm64", "AWS Lambda pricing", "400,000 GB-seconds a month")
INTEL: Final = Price(0.0000166667, 1, "GB-second, x86_64", "AWS Lambda pricing", "400,000 GB-seconds a month")
INVOCATION: Final = Price(0.20, 10**6, "invocation", "AWS Lambda pricing", "1 million a month")
WRITE: Final = Price(0.625, 10**6, "write of up to 1 KB, on demand", "Amazon DynamoDB pricing, on-demand capacity")
READ: Final = Price(
    0.125, 10**6, "consistent read of up to 4 KB, on demand", "Amazon DynamoDB pricing, on-demand capacity"
)
TICK: Final = Price(
    1.00, 10**6, "invocation by a schedule", "Amazon EventBridge pricing, Scheduler", "14 million a month"
)
REQUEST: Final = Price(
    1.00, 10**6, "request to an HTTP API", "Amazon API Gateway pricing, HTTP APIs", "1 million a month, first year"
)
LOGS: Final = Price(
    cloudwatch.LOGS_USD + cloudwatch.KEPT_USD,
    1,
    "GB of logs, taken in and kept for a month",
    "Amazon CloudWatch pricing",
    "5 GB a month",
)
MAIL: Final = Price(0.10, 1000, "mail", "Amazon SES pricing", "3,000 a month, first year")
SECRET: Final = Price(0.40, 1, "secret", "AWS Secrets Manager pricing", "30 days of each")
TRANSFER: Final = Price(0.09, 1, "GB sent to the internet", "Amazon EC2 pricing, data transfer", "100 GB a month")
# A small model; the warmup has its price, and the daily budget is reckoned by it.
_MODEL: Final = PUBLIC_PRICES["amazon.nova-lite-v1:0"]
INPUT: Final = Price(float(_MODEL.input_usd), 10**6, "token of input, Nova Lite", "Amazon Bedrock pricing")
OUTPUT: Final = Price(float(_MODEL.output_usd), 10**6, "token of output, Nova Lite", "Amazon Bedrock pricing")
EVERY: Final = (ARM, INTEL, INVOCATION, WRITE, READ, TICK, REQUEST, LOGS, MAIL, SECRET, TRANSFER, INPUT, OUTPUT)
