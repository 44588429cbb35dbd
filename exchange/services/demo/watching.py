"""Rules of alerts as a chain would have them, and an endpoint that waits for its address."""

from datetime import time

from exchange.choices import CHOSEN_EVENTS, AlertKind
from exchange.models import AlertRule, WebhookEndpoint

DUTY = "dezhurny@example.ru"
ENDPOINT = "Учётная система (пример)"


def make() -> None:
    """Write the rules and the endpoint, which is not active: nobody listens at its address."""
    WebhookEndpoint.objects.create(
        name=ENDPOINT,
        url="https://example.ru/prilavok",
        events=[event.value for event in CHOSEN_EVENTS],
        active=False,
    )
    hours = {"hours_from": time(9), "hours_to": time(22)}
    rules = [
        AlertRule(name="Кассы молчат", kind=AlertKind.SILENT, threshold=15, repeat_minutes=120, **hours),
        AlertRule(name="Z-отчёты с расхождениями", kind=AlertKind.DISCREPANCY, threshold=0),
        AlertRule(name="Растёт рабочее место ошибок", kind=AlertKind.DESK, threshold=3),
    ]
    for rule in rules:
        rule.emails = [DUTY]
        rule.save()
