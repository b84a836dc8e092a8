"""The sample shop and its data, opened for a system that runs."""

from __future__ import annotations

from local import sample_data
from local.shop import server
from local.shop.server import Shop
from local.system import LocalSystem


def open_shop(system: LocalSystem, *, new_day: bool) -> Shop:
    """Opens the shop, on the next day if one is wanted or none has been yet, with every product due for a check."""
    shop = server.start(folder=system.state)
    system.ends_with(shop.stop)
    if new_day or shop.day == 0:
        shop.advance()
    sample_data.load(system.database.url, shop)
    return shop
