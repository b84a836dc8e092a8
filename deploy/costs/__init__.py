"""What Nightshift costs on AWS in a month: measured work at three sizes of shop, times public prices.

`make costs` prints it and writes docs/costs.md and the README's table; a test compares. `python -m benchmarks.work`
measures again.
"""
