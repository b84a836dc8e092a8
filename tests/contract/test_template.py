"""The template keeps every rule, and each rule notices the mistake it is there for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from deploy import rules
from deploy.translated import Template, translate

ABSENT = object()


def test_the_template_keeps_every_rule(translated: Template) -> None:
    assert rules.problems(translated) == []


SCHEDULE = "Resources.ProductChecksFunction.Properties.Events.Schedule.Properties."
CHECKS = "Resources.ProductChecksFunction.Properties."
API = "Resources.ApiFunction.Properties."
ROLE = "Resources.ProductChecksRole.Properties."
LOCKS = "Resources.LocksTable."
API_START = "Resources.ApiRole.Properties.Policies.0.PolicyDocument.Statement.3.Resource."
DELIVERY = "Resources.DeliverNotificationsFunction.Properties."
SENDING = "Resources.DeliverNotificationsRole.Properties.Policies.0.PolicyDocument.Statement.3."
# What a condition adds is looked at as well.
ASKING = "Resources.WarmupExplanationsRole.Properties.Policies.0.PolicyDocument.Statement.5.Fn::If.1."
STATEMENT = ROLE + "Policies.0.PolicyDocument.Statement.1."

# Where the mistake is made, what is put there, and a word of the complaint that must follow.
MISTAKES: list[tuple[str, Any, str]] = [
    (SCHEDULE + "OmitName", False, "collides with a second stack"),
    (SCHEDULE + "ScheduleExpression", "cron(*/30 * * * *)", "cron of 5 fields"),
    (SCHEDULE + "ScheduleExpression", "*/30 * * * *", "it must be rate"),
    (SCHEDULE + "ScheduleExpression", "rate(0 minutes)", "it must be rate"),
    (SCHEDULE + "ScheduleExpression", "rate(30 seconds)", "it must be rate"),
    (SCHEDULE + "ScheduleExpression", "cron(0 12 * * * *)", "needs a ?"),
    (SCHEDULE + "ScheduleExpressionTimezone", "America/New_Yrok", "time zone 'America/New_Yrok'"),
    (SCHEDULE + "ScheduleExpressionTimezone", ABSENT, "time zone"),
    (SCHEDULE + "State", "PAUSED", "ENABLED or DISABLED"),
    (SCHEDULE + "RetryPolicy.MaximumRetryAttempts", 186, "0 to 185"),
    (SCHEDULE + "RetryPolicy.MaximumEventAgeInSeconds", 59, "60 to 86400"),
    (SCHEDULE + "RetryPolicy", ABSENT, "MaximumRetryAttempts"),
    (SCHEDULE + "DeadLetterConfig", ABSENT, "would vanish"),
    (SCHEDULE + "Input", "{}", "must send"),
    (SCHEDULE + "Input", ABSENT, "must send"),
    (SCHEDULE + "ScheduleExpression", "rate(5 minutes)", "its schedule says"),
    (API + "Environment.Variables.JOBS", '{"product-checks": ', "not JSON"),
    (API + "Environment.Variables.JOBS", "{}", "its schedule says"),
    (API + "Environment.Variables.JOBS", '{"product-checks": {"function": "x"}}', "must have exactly"),
    ("Resources.WatchdogFunction.Properties.Environment.Variables.JOBS", "{}", "other JOBS than"),
    ("Parameters.ProductChecksZone.Default", "Mars/Olympus", "time zone 'Mars/Olympus'"),
    (CHECKS + "Timeout", 901, "1 to 900"),
    (API + "Timeout", 30, "gives up after 30"),
    (CHECKS + "MemorySize", 64, "128 to 10240"),
    (CHECKS + "Runtime", "python3.12", "python3.13"),
    (CHECKS + "Architectures", ["x86_64"], "parameter Architecture"),
    (CHECKS + "LoggingConfig", ABSENT, "no log group"),
    ("Resources.ProductChecksLogs.Properties.RetentionInDays", ABSENT, "for ever"),
    ("Resources.ApiAccessLogs.Properties.RetentionInDays", ABSENT, "for ever"),
    (CHECKS + "EventInvokeConfig", ABSENT, "leave no trace"),
    (CHECKS + "EventInvokeConfig.DestinationConfig", ABSENT, "no destination"),
    (CHECKS + "EventInvokeConfig.MaximumRetryAttempts", 3, "0 to 2"),
    (CHECKS + "EventInvokeConfig.MaximumEventAgeInSeconds", 60, "before its 2 retries"),
    (CHECKS + "EventInvokeConfig.MaximumEventAgeInSeconds", 30, "60 to 21600"),
    (CHECKS + "Role", {"Fn::GetAtt": ["ApiRole", "Arn"]}, "shares its role"),
    (CHECKS + "Role", "arn:aws:iam::123456789012:role/admin", "written out"),
    (CHECKS + "Environment.Variables.DATABASE_URL", "postgresql://u:p@h/d", "only a reference"),
    (API + "Environment.Variables.JOB_SECRET_REF", "s3cret", "only a reference"),
    (API + "Environment.Variables.JOB_SECRET", "s3cret", "only a reference"),
    (API + "Environment.Variables.ANALYTICS_DATABASE_SECRET_REF.Fn::If.1", "s3cret", "only a reference"),
    (API + "Environment.Variables.LOG", "{{resolve:secretsmanager:x}}", "in the console"),
    ("Resources.ProductChecksFunction.DependsOn", ABSENT, "depend on Migrations"),
    (STATEMENT + "Action", "dynamodb:*", "name each"),
    (STATEMENT + "Action", ["dynamodb:GetItem", "dynamodb:Update*"], "name each"),
    (STATEMENT + "NotAction", "dynamodb:DeleteTable", "NotAction"),
    (STATEMENT + "Resource", "*", "every resource"),
    (STATEMENT + "Resource", [{"Fn::Sub": "arn:aws:dynamodb:*"}], "every resource"),
    (STATEMENT + "Principal", {"AWS": "*"}, "anybody"),
    (ROLE + "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"], "inherits policies"),
    (ROLE + "PermissionsBoundary", ABSENT, "PermissionsBoundaryArn"),
    (
        ROLE + "Policies.0.PolicyDocument.Statement.0.Action",
        "logs:PutLogEvents",
        "logs:CreateLogStream on ProductChecksLogs",
    ),
    (
        ROLE + "Policies.0.PolicyDocument.Statement.3.Resource",
        {"Ref": "JobSecret"},
        "GetSecretValue on DatabaseSecretArn",
    ),
    (ROLE + "Policies.0.PolicyDocument.Statement.4", ABSENT, "sqs:SendMessage on FailedRunsQueue"),
    ("Resources.ApiRole.Properties.Policies.0.PolicyDocument.Statement.3", ABSENT, "it starts that job"),
    (SCHEDULE + "RoleArn", {"Fn::GetAtt": ["MigrateRole", "Arn"]}, "starts it"),
    # Without a role of ours SAM would make one, with AWS' policy for all log groups of the account.
    (CHECKS + "Role", ABSENT, "inherits policies"),
    (LOCKS + "DeletionPolicy", ABSENT, "retained"),
    (LOCKS + "UpdateReplacePolicy", "Delete", "retained"),
    (LOCKS + "Properties.PointInTimeRecoverySpecification", ABSENT, "point-in-time"),
    (LOCKS + "Properties.SSESpecification", ABSENT, "not encrypted"),
    (LOCKS + "Properties.BillingMode", "PROVISIONED", "per request"),
    ("Resources.CacheTable.Properties.TimeToLiveSpecification", ABSENT, "expires_s"),
    ("Resources.FailedRunsQueue.Properties.SqsManagedSseEnabled", False, "not encrypted"),
    ("Resources.UndeliveredQueue.Properties.MessageRetentionPeriod", 345600, "14 days"),
    ("Resources.UndeliveredAlarm", ABSENT, "nobody would look"),
    ("Resources.ProductChecksErrorsAlarm", ABSENT, "no alarm on its errors"),
    ("Resources.JobSecret.Properties.SecretString", "s3cret", "generated"),
    ("Resources.ReadSecret.Properties.GenerateSecretString.PasswordLength", 8, "32 characters"),
    ("Resources.LocksTable.Properties.TableName", "locks", "name of its own"),
    (CHECKS + "FunctionName", "product-checks", "name of its own"),
    ("Resources.Dashboard.Properties.DashboardName", "nightshift", "name of its own"),
    ("Resources.RunsQuery.Properties.Name", "runs", "name of its own"),
    ("Resources.JobsLateAlarm.Properties.Namespace", "Nightshift", "every stack would write to"),
    ("Outputs.ApiUrl.Export", {"Name": "api"}, "exported under a name of its own"),
    ("Rules.VpcIsWhole.RuleCondition", {"Fn::Not": [{"Fn::Join": ["", {"Ref": "VpcSubnetIds"}]}]}, "uses Fn::Join"),
    ("Resources.HttpApi.Properties.DefaultRouteSettings", ABSENT, "not throttled"),
    ("Resources.HttpApi.Properties.AccessLogSettings", ABSENT, "no access log"),
    ("Resources.HttpApi.Properties.AccessLogSettings.Format", "$context.path", "may hold a secret"),
    ("Resources.HttpApi.Properties.CorsConfiguration", True, "other origins"),
    ("Resources.ApiAnswersAlarm", ABSENT, "no alarm on its 5xx"),
    (
        API_START + "3",
        {"Fn::Sub": "arn:aws:lambda:eu-west-1:1:function:other"},
        "on WishlistStockCheckFunction",
    ),
    ("Conditions.WishlistSaleCheckEnabled", {"Fn::Equals": [{"Ref": "WishlistSaleCheckState"}, "ENABLED"]}, "MailFrom"),
    (DELIVERY + "Events.Schedule.Properties.State", {"Ref": "DeliverNotificationsState"}, "its schedule says"),
    (SENDING + "Action", "ses:SendEmail", "must allow ses:SendRawEmail"),
    (SENDING + "Condition", ABSENT, "any address but MailFrom"),
    (SENDING + "Condition", {"StringLike": {"ses:FromAddress": "*"}}, "any address but MailFrom"),
    (ASKING + "Action", "bedrock:*", "name each"),
    (ASKING + "Resource", "*", "every resource"),
    (DELIVERY + "Environment.Variables.MAIL_FROM", ABSENT, "no MAIL_FROM to send from"),
    ("Resources.MailConfiguration.Properties.Name", "mail", "name of its own"),
    ("Resources.MailReportsRule.Properties.Targets.0.DeadLetterConfig", ABSENT, "would vanish"),
    ("Resources.MailReportsMayStart", ABSENT, "there is no permission"),
    ("Resources.MailFeedbackErrorsAlarm", ABSENT, "no alarm on its errors"),
]


@pytest.fixture(scope="module")
def unwatched(written: Template) -> Template:
    """The template without what watches over it, a third of all, which takes the transform as long as the rest."""
    return {**written, "Resources": {name: each for name, each in written["Resources"].items() if not _watches(each)}}


@pytest.fixture(scope="module")
def expected(unwatched: Template) -> list[str]:
    """What the rules miss where nothing watches."""
    return rules.problems(translate(unwatched))


@pytest.mark.parametrize(("place", "mistake", "complaint"), MISTAKES)
def test_a_mistake_is_noticed(
    written: Template, unwatched: Template, expected: list[str], place: str, mistake: Any, complaint: str
) -> None:
    section, name, *_ = place.split(".")
    is_watching = section == "Resources" and name not in unwatched["Resources"]
    broken = copy.deepcopy(written if is_watching else unwatched)
    _put(broken, place.split("."), mistake)

    found = rules.problems(translate(broken))
    if not is_watching:
        found = [problem for problem in found if problem not in expected]

    assert any(complaint in problem for problem in found), found


def _watches(resource: dict[str, Any]) -> bool:
    return str(resource["Type"]).startswith(("AWS::CloudWatch::", "AWS::Logs::QueryDefinition"))


def _put(inside: Any, place: list[str], value: Any) -> None:
    """Sets or, for ABSENT, takes away what is at a place; the place must exist up to its last step."""
    *path, last = [int(step) if step.isdigit() else step for step in place]
    for step in path:
        inside = inside[step]
    if value is ABSENT:
        del inside[last]
    else:
        inside[last] = value
