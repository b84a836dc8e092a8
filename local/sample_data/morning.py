"""The shop's own morning in the database: what the day before left is settled, and the news of the day comes in."""

from __future__ import annotations

from local.sample_data import archive, puppets, warmups
from local.sample_data.people import PEOPLE
from local.sample_data.wishes import CARTS, ITEMS, WISHES, Cart, Item, Wish, has_news
from nightshift.database import Database
from nightshift.sql import queries

_SQL = queries("local.sample_data")
Row = dict[str, str | int | bool | None]


def begin(database: Database, day: int) -> None:
    """Bring wishes, prices, stock, carts and comparisons to the morning of `day`; once a day, inside a transaction.

    What was left untold or on hold (a run was cut short, a link in a mail was tried) is settled, so that the run that
    follows finds what `expectations` says.
    """
    people = [person.email for person in PEOPLE]
    database.write(_SQL["settle_mails"], people=people)
    database.read(_SQL["settle_holds"])
    database.write(_SQL["begin_items"], items=[_item(item) for item in ITEMS])
    database.write(_SQL["put_wishes"], wishes=[_wish(wish) for wish in WISHES], people=people)
    if has_news(day):
        database.write(_SQL["bring_news"])
    database.write(_SQL["put_holds"], carts=[_cart(cart, day) for cart in CARTS])
    archive.begin(database)
    warmups.begin(database, day)
    puppets.put(database, day)


def _item(item: Item) -> Row:
    return {
        "path": item.path,
        "sku": item.sku,
        "price": str(item.price),
        "currency": item.currency,
        "stock": item.stock,
        "sale_price": None if item.sale_price is None else str(item.sale_price),
        "runs_out": item.runs_out,
    }


def _wish(wish: Wish) -> Row:
    return {
        "email": wish.person.email,
        "path": wish.item.path,
        "sku": wish.item.sku,
        "on_sale": wish.on_sale,
        "on_stock": wish.on_stock,
    }


def _cart(cart: Cart, day: int) -> Row:
    return {
        "cart": f"{cart.name}, day {day}",
        "path": cart.item.path,
        "sku": cart.item.sku,
        "quantity": cart.quantity,
        "age": cart.age_minutes,
        "lifetime": cart.expires_minutes,
    }
