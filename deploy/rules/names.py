"""A second stack in the same account must be possible: every name that is given must carry the stack's."""

from __future__ import annotations

from deploy.rules.reading import target
from deploy.translated import Template

NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Events::Rule": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
}


def problems(template: Template) -> list[str]:
    """Resources whose name another stack would want as well."""
    found = []
    for name, resource in template["Resources"].items():
        given = resource.get("Properties", {}).get(NAMES.get(resource["Type"], ""))
        if given is not None and "${AWS::StackName}" not in str(given) and target(given) != "AWS::StackName":
            found.append(f"{name} has a name of its own: put ${{AWS::StackName}} into it, or leave it out")
    return found
