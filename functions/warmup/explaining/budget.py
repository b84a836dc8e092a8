"""The daily budget: a counter in DynamoDB, from which the worst case is taken before a call and given back after it.

Whatever happens between the two, a crash included, leaves the reservation: the counter may say more than was spent,
never less. A reservation has a name of its own in the item, so that a request repeated after a lost answer counts once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final
from uuid import uuid4

from warmup.explaining.errors import BudgetExhausted, BudgetUnknown

# The counter's key, which no comparison can have: the partitions of those are slugs. Its sort key is the day in UTC,
# such as 2026-11-22.
PARTITION: Final = "#explanations-budget"
# Whole billionths of a dollar: exact in the table, and finer than the price of any token.
_NANO: Final = Decimal("1e-9")
_KEPT: Final = timedelta(days=35)


@dataclass(frozen=True)
class Reservation:
    """An amount taken from the budget of one day."""

    day: str
    name: str
    nano_usd: int


class Budget:
    """The budget of every run on this table; threads may share it.

    Args:
        client: gives the DynamoDB client, at first use.
        table: has the keys `pk` and `sk`, and `expires_s` as its time to live.
        daily_usd: for each day of UTC.
        clock: the time in UTC.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        table: str,
        daily_usd: Decimal,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table = table
        self._daily_nano = int(daily_usd / _NANO)
        self._clock = clock

    def reserve(self, worst_usd: Decimal) -> Reservation:
        """Take the worst case of a call from what is left of today.

        Raises:
            BudgetExhausted: it does not fit.
            BudgetUnknown: the counter cannot be reached.
        """
        now = self._clock()
        reservation = Reservation(f"{now:%Y-%m-%d}", f"open_{uuid4().hex}", _nano(worst_usd))
        room = self._daily_nano - reservation.nano_usd
        if room < 0:
            raise BudgetExhausted(f"one call may cost {worst_usd} USD, which is more than the whole daily budget")
        known = self._update(
            reservation,
            UpdateExpression="ADD spent_nano_usd :amount, calls :one SET #name = :amount, expires_s = :expires",
            ConditionExpression="attribute_not_exists(#name) AND "
            "(attribute_not_exists(spent_nano_usd) OR spent_nano_usd <= :room)",
            ExpressionAttributeValues={
                ":amount": {"N": str(reservation.nano_usd)},
                ":one": {"N": "1"},
                ":room": {"N": str(room)},
                ":expires": {"N": str(int((now + _KEPT).timestamp()))},
            },
        )
        if known is not None and reservation.name not in known:
            spent = int(known["spent_nano_usd"]["N"]) * _NANO
            raise BudgetExhausted(
                f"{spent:f} of {self._daily_nano * _NANO:f} USD are spent or reserved on {reservation.day}"
            )
        return reservation

    def settle(self, reservation: Reservation, cost_usd: Decimal) -> None:
        """Replace a reservation by what the call has cost; where that fails, the reservation stays."""
        try:
            self._update(
                reservation,
                UpdateExpression="ADD spent_nano_usd :difference REMOVE #name",
                ConditionExpression="attribute_exists(#name)",
                ExpressionAttributeValues={":difference": {"N": str(_nano(cost_usd) - reservation.nano_usd)}},
            )
        except BudgetUnknown as error:
            from nightshift.telemetry import logger

            logger("explanations").warning("reservation_kept", extra={"day": reservation.day, "reason": str(error)})

    def _update(self, reservation: Reservation, **how: Any) -> dict[str, Any] | None:
        """Update the day's item; return it as it is where the condition does not hold."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": PARTITION}, "sk": {"S": reservation.day}},
                ExpressionAttributeNames={"#name": reservation.name},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **how,
            )
        except ClientError as error:
            code = str(error.response["Error"]["Code"])
            if code == "ConditionalCheckFailedException":
                return dict(error.response.get("Item") or {})
            raise BudgetUnknown(f"the counter of the budget cannot be used ({code})") from None
        except BotoCoreError as error:
            raise BudgetUnknown(f"the counter of the budget cannot be used ({type(error).__name__})") from None
        return None


def _nano(amount_usd: Decimal) -> int:
    """Return billionths, rounded up: a part of one is never for free."""
    return int((amount_usd / _NANO).to_integral_value(ROUND_CEILING))
