"""The HTTP API must be throttled, watched, closed to other origins, and write no secret into its access log."""

from __future__ import annotations

import re

from deploy.rules.reading import of_type, target
from deploy.translated import Template

# What may be logged. A path may carry an unsubscribe token, a header or a query string any secret.
HARMLESS = {
    "httpMethod",
    "identity.sourceIp",
    "integrationErrorMessage",
    "integrationStatus",
    "requestId",
    "requestTime",
    "responseLatency",
    "responseLength",
    "routeKey",
    "status",
}


def problems(template: Template) -> list[str]:
    """What is wrong with the API and its stages."""
    found = []
    for name, stage in of_type(template, "AWS::ApiGatewayV2::Stage"):
        if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(stage.get("DefaultRouteSettings", {})):
            found.append(f"{name} is not throttled")
        written = str(stage.get("AccessLogSettings", {}).get("Format", ""))
        if not written:
            found.append(f"{name} has no access log")
        logged = set(re.findall(r"\$context\.([\w.]+)", written))
        found += [f"{name} logs {each}, which may hold a secret" for each in sorted(logged - HARMLESS)]
    watched = {
        target(dimension["Value"])
        for _, alarm in of_type(template, "AWS::CloudWatch::Alarm")
        if (alarm.get("Namespace"), alarm.get("MetricName")) == ("AWS/ApiGateway", "5xx")
        for dimension in alarm.get("Dimensions", [])
    }
    for name, each in of_type(template, "AWS::ApiGatewayV2::Api"):
        if name not in watched:
            found.append(f"{name} has no alarm on its 5xx: a 500 that the function answers is no error of Lambda's")
        if "CorsConfiguration" in each or "x-amazon-apigateway-cors" in str(each.get("Body", "")):
            found.append(f"{name} lets pages of other origins call it")
    return found
