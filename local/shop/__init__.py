"""A small market of invented shops on 127.0.0.1, so that product checks have pages to read without the internet.

Every page is a pure function of its product and of the shop's day: `catalogue` is the table.
"""
