"""The chart of the first page: what is sold in each hour, beside the same weekday of the week before."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext

from registers.services.turnover import HOURS, Sales, Turnover

_GREY = "#9ca3af"  # As the theme draws its own axes: it is read on light and dark alike.


def of(found: Turnover, *, now: datetime) -> dict[str, Any]:
    """Return `data` and `options` as Chart.js takes them, from the hour of the first sale of both days to the last."""
    sold = [hour for hour in range(HOURS) if _any(found.hours[hour]) or _any(found.hours_before[hour])]
    shown = range(min(sold), max(sold) + 1) if sold else range(0)
    current = timezone.localtime(now, timezone.get_default_timezone()).hour
    today = [_net(found.hours[hour]) if hour <= current or _any(found.hours[hour]) else None for hour in shown]
    data = {
        "labels": [f"{hour:02d}:00" for hour in shown],
        "datasets": [
            {
                "label": gettext("Today"),
                "data": today,
                "backgroundColor": "var(--color-primary-600)",
                "maxBarThickness": 28,
                "borderRadius": 4,
                "order": 2,
            },
            {
                "type": "line",
                "label": gettext("A week ago"),
                "data": [_net(found.hours_before[hour]) for hour in shown],
                "borderColor": "#f59e0b",
                "backgroundColor": "#f59e0b",
                "borderWidth": 2,
                "pointRadius": 2,
                "cubicInterpolationMode": "monotone",
                "order": 1,
            },
        ],
    }
    return {"data": data, "options": _options(), "any": bool(sold)}


def _options() -> dict[str, Any]:
    ticks = {"color": _GREY}
    return {
        "locale": get_language(),
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"align": "end", "labels": {"color": _GREY, "boxHeight": 8, "boxWidth": 8}}},
        "scales": {
            "x": {"ticks": ticks, "grid": {"display": False}},
            "y": {"ticks": {**ticks, "maxTicksLimit": 6}, "border": {"display": False}, "grid": {}},
        },
    }


def _any(sales: Sales) -> bool:
    return bool(sales.sales or sales.returns)


def _net(sales: Sales) -> float:
    return float(sales.net.quantize(Decimal("0.01")))
