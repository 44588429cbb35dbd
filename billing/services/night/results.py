"""What the last night of cards came to."""

from billing.models import NightRun


def last() -> list[NightRun]:
    """Return the runs of the latest date of which there is any, with their documents: one statement."""
    found = NightRun.objects.select_related("document__accrualdocument", "document__writeoffdocument")
    runs = list(found.order_by("-date", "-pk")[:2])
    return [run for run in reversed(runs) if run.date == runs[0].date]
