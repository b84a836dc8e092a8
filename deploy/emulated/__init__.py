"""`make deploy-local`: template.yaml deployed by the SAM CLI to an AWS on this machine, and tried there.

MiniStack (docs/adr/0281) runs every function with its layers as a process of its own and lets a call through only where
the function's role allows it. What it cannot do is adapted in `adapted.py`, here and nowhere else.
"""
