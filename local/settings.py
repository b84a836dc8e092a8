"""What is different here from AWS: the one list of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

STACK_NAME: Final = "nightshift-local"

# Parameters of template.yaml whose default does not suit one machine, or that have none.
PARAMETERS: Final = {
    # Never read: DATABASE_URL below comes first.
    "DatabaseSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:not-used-locally",
    # Mail goes to a mailbox on this machine.
    "MailFrom": "news@lumen-and-larch.example",
    "ShopName": "Lumen & Larch",
    "ShopUrl": "https://lumen-and-larch.example",
}

# Where the door is, unless somebody else has that port.
PORT: Final = 8080

# Added to the environment of every function.
ENVIRONMENT: Final = {
    "CHECK_ALLOW_LOOPBACK": "true",  # the sample shop is on this machine
    "PUPPET_ALLOW_LOOPBACK": "true",  # and so is the worker
    "POWERTOOLS_DEV": "false",  # log lines stay one line each
}


def parameters(shell: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Values for the template's parameters: those above, and over them what a person's shell sets.

    A parameter is set by its name in capitals: `MIN_CHECK_INTERVAL_MINUTES=5 make run` sets
    MinCheckIntervalMinutes. Names that are no parameter are ignored by who reads this.
    """
    return {**PARAMETERS, **{name.title().replace("_", ""): value for name, value in shell.items()}}
