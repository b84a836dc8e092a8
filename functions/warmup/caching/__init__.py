"""The cache of what warmups make: its keys, its entries, and what it says of their making."""
