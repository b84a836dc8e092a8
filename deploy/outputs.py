"""Says where the deployed stack answers and how its secrets are read; it prints no secret."""

from __future__ import annotations

import sys

import boto3


def describe(stack: str) -> str:
    """A few lines for people, from the outputs of the stack."""
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}
    read = "aws secretsmanager get-secret-value --query SecretString --output text --secret-id"
    return "\n".join(
        [
            f"The door:    {outputs['ApiUrl']}  (try {outputs['ApiUrl']}/healthz)",
            f"Its secret:  {read} {outputs['JobSecretArn']}",
            f"Read only:   {read} {outputs['ReadSecretArn']}",
            "Migrations:  applied; the stack does not get new code without them",
        ]
    )


if __name__ == "__main__":
    print(describe(sys.argv[1]))
