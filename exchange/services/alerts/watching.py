"""Looking whether anything is wrong: a statement for each kind of rule there is, however many rules and registers.

    found now, not open  ──> opened, told          found, open  ──> seen; told again after the rule's pause
    open, not found      ──> over, told            rule not active any more  ──> over, told to nobody

All of it is one transaction with the messages it makes, and rules belong to whoever looks at them: somebody who looks
at the same time finds none left. So nothing is told twice, and a look that dies has told nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from exchange.choices import AlertKind, EventKind
from exchange.models import Alert, AlertRule, OutgoingMessage
from exchange.services.alerts import telling
from registers.services.hearing import since
from retail.services.statements import Statement, beside

FINDING: dict[AlertKind, Statement] = {
    kind: beside(__file__, f"{kind.value}.sql", prepared=False) for kind in AlertKind
}


@dataclass(frozen=True)
class Found:
    """Something that is wrong now by a rule; `watched`: it is to be told, and not only kept as it was."""

    rule: int
    subject: str
    watched: bool
    params: dict[str, Any]


@dataclass
class _Changes:
    """What a look has to write: alerts that begin, those seen again, which of these are told again, and those over."""

    opened: list[Alert] = field(default_factory=list)
    seen: list[Alert] = field(default_factory=list)
    repeated: list[Alert] = field(default_factory=list)
    closed: list[Alert] = field(default_factory=list)


def look(*, now: datetime) -> int:
    """Open, repeat and close alerts, and have them told; return how many were."""
    with transaction.atomic():
        active = AlertRule.objects.filter(active=True).select_related("endpoint")
        rules = {rule.pk: rule for rule in active.select_for_update(of=("self",), skip_locked=True).order_by("pk")}
        found = list(_found(rules.values(), now))
        changes = _compared(found, rules, now)
        Alert.objects.bulk_create(changes.opened)
        Alert.objects.bulk_update(changes.seen, ["seen_at", "params"])
        Alert.objects.bulk_update(changes.repeated, ["told_at"])
        Alert.objects.bulk_update(changes.closed, ["closed_at"])
        Alert.objects.open().filter(rule__active=False).update(closed_at=now)
        happened = {
            EventKind.ALERT_OPENED: changes.opened,
            EventKind.ALERT_REPEATED: changes.repeated,
            EventKind.ALERT_CLOSED: changes.closed,
        }
        OutgoingMessage.objects.bulk_create(telling.messages(rules=rules, happened=happened, now=now))
    return sum(map(len, happened.values()))


def _found(rules: Iterable[AlertRule], now: datetime) -> Iterator[Found]:
    by_kind: dict[str, list[int]] = {}
    for rule in rules:
        by_kind.setdefault(rule.kind, []).append(rule.pk)
    for kind, pks in by_kind.items():
        for rule_id, subject, watched, params in FINDING[AlertKind(kind)].rows(
            rules=pks, now=now, heard=since(now=now)
        ):
            yield Found(rule_id, subject, watched, msgspec.json.decode(params))


def _compared(found: Iterable[Found], rules: Mapping[int, AlertRule], now: datetime) -> _Changes:
    """Compare what is wrong now with the alerts that are open."""
    changes = _Changes()
    known = {(alert.rule_id, alert.subject): alert for alert in Alert.objects.open().filter(rule__in=rules)}
    for one in found:
        alert = known.pop((one.rule, one.subject), None)
        if not one.watched:
            continue
        if alert is None:
            moments = {"opened_at": now, "seen_at": now, "told_at": now}
            changes.opened.append(Alert(rule=rules[one.rule], subject=one.subject, params=one.params, **moments))
            continue
        alert.rule, alert.params, alert.seen_at = rules[one.rule], one.params, now
        changes.seen.append(alert)
        if _is_to_be_repeated(alert, now):
            alert.told_at = now
            changes.repeated.append(alert)
    for alert in known.values():
        alert.rule, alert.closed_at = rules[alert.rule_id], now
        changes.closed.append(alert)
    return changes


def _is_to_be_repeated(alert: Alert, now: datetime) -> bool:
    pause = alert.rule.repeat_minutes
    if pause is None or alert.acknowledged_at is not None:
        return False
    return now - alert.told_at >= timedelta(minutes=pause)


def acknowledge(*, alerts: Iterable[int], by: User, now: datetime) -> int:
    """Note that somebody knows of open alerts; return how many nobody had acknowledged before."""
    unseen = Alert.objects.unseen().filter(pk__in=alerts)
    return unseen.update(acknowledged_at=now, acknowledged_by=by)
