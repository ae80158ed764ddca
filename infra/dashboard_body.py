"""The dashboard as CloudWatch takes it: its widgets in their places, as a resource of the app's template."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from infra.dashboard import COLUMNS, Formula, Metric, Section, Widget, sections
from infra.targets import Target

HEIGHT, ALARMS_HEIGHT = 6, 3


@dataclass(frozen=True)
class Placed:
    """A widget, or a head, and where it stands."""

    what: Widget | Section
    x: int
    y: int
    width: int
    height: int


def placed(found: Sequence[Section]) -> Iterator[Placed]:
    """Yield heads and widgets with their places, row by row."""
    y = 0
    for section in found:
        yield Placed(section, 0, y, COLUMNS, 1)
        y, x = y + 1, 0
        height = ALARMS_HEIGHT if section.widgets[0].look == "alarms" else HEIGHT
        for widget in section.widgets:
            if x + widget.width > COLUMNS:
                x, y = 0, y + height
            yield Placed(widget, x, y, widget.width, height)
            x += widget.width
        y += height


def body(target: Target, alarms: Sequence[str]) -> str:
    """Return the dashboard as CloudWatch takes it; it names the template's parameters and alarms."""
    widgets = []
    for one in placed(sections(target)):
        kind, properties = _properties(one.what, alarms)
        place = {"x": one.x, "y": one.y, "width": one.width, "height": one.height}
        widgets.append({"type": kind, **place, "properties": properties})
    return json.dumps({"widgets": widgets}, separators=(",", ":"))


def _properties(what: Widget | Section, alarms: Sequence[str]) -> tuple[str, dict[str, Any]]:
    if isinstance(what, Section):
        return "text", {"markdown": f"## {what.title}\n{what.about}", "background": "transparent"}
    if what.look == "alarms":
        return "alarm", {
            "title": what.title,
            "sortBy": "stateUpdatedTimestamp",
            "alarms": [f"${{{one}.Arn}}" for one in alarms],
        }
    properties: dict[str, Any] = {
        "title": what.title,
        "view": "singleValue" if what.look == "numbers" else "timeSeries",
        "stacked": what.look == "stacked",
        "region": next((one.region for one in what.curves if isinstance(one, Metric) and one.region), "${AWS::Region}"),
        "period": what.period,
        "metrics": [_curve(one) for one in what.curves],
    }
    if what.limits:
        properties["annotations"] = {"horizontal": [{"label": label, "value": value} for label, value in what.limits]}
    return "metric", properties


def _curve(one: Metric | Formula) -> list[Any]:
    if isinstance(one, Formula):
        return [{"expression": one.expression, "label": one.label}]
    options: dict[str, Any] = {"label": one.label, "stat": one.stat}
    if one.right:
        options["yAxis"] = "right"
    if one.key:
        options["id"] = one.key
    if one.hidden:
        options["visible"] = False
    return [one.namespace, one.name, *one.dimensions, options]


def dashboard_resources(target: Target, resources: dict[str, Any]) -> dict[str, Any]:
    """Return the dashboard of a template's resources; nothing where the target has none."""
    if not target.dashboard:
        return {}
    alarms = [key for key, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"]
    return {
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {
                "DashboardName": {"Fn::Sub": "${QueuePrefix}"},
                "DashboardBody": {"Fn::Sub": body(target, alarms)},
            },
        }
    }
