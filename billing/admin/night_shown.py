"""How the night of cards is told: how far a run has come, how much it wrote, whose cards it could not do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import ngettext

from billing.admin import shown
from billing.choices import CardDocumentKind, ChunkState, Measure, NightState
from billing.models import DiscountCard, NightChunk, NightRun
from billing.services import night
from registers.admin.facts import badge, here, page_url
from retail.admin.base import NOTHING
from stock.admin.shown import person

FAILURES = 100
_ADDED = ("cards", "lots", "bonuses", "turnover", "receipts")


@dataclass(frozen=True)
class Written:
    """What chunks of a run that are done have written, and how many chunks stand where."""

    cards: int = 0
    lots: int = 0
    bonuses: Decimal = Decimal(0)
    turnover: Decimal = Decimal(0)
    receipts: int = 0
    planned: int = 0
    done: int = 0
    failed: int = 0

    @property
    def chunks(self) -> int:
        return self.planned + self.done + self.failed


def written(runs: Iterable[NightRun]) -> dict[int, Written]:
    """Add up what runs have written, in one query for all of them; by run."""
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in ChunkState}
    sums = {f"{name}_sum": Sum(name) for name in _ADDED}
    found = NightChunk.objects.filter(run__in=[run.pk for run in runs]).order_by().values("run")
    rows: Iterable[Any] = found.annotate(**counts, **sums)
    return {
        row["run"]: Written(
            **{name: row[f"{name}_sum"] for name in _ADDED}, **{state.value: row[state.value] for state in ChunkState}
        )
        for row in rows
    }


def state_badge(run: NightRun) -> SafeString:
    if run.state == NightState.RUNNING:
        return badge(run.get_state_display(), "info")
    if run.failed:
        said = ngettext("%(count)d card failed", "%(count)d cards failed", run.failed) % {"count": run.failed}
        return badge(said, "danger")
    return badge(run.get_state_display(), "success") if run.document_id else badge(_now("Nothing to write"))


def kind(run: NightRun) -> str:
    """Name what a run does in one word."""
    return _now("Accrual") if run.kind == CardDocumentKind.ACCRUAL else _now("Write-off")


def duration(run: NightRun) -> str:
    """Return how long a run took, as minutes and seconds."""
    if run.finished_at is None:
        return NOTHING
    took = max(run.finished_at - run.started_at, timedelta())
    if took < timedelta(minutes=1):
        return _now("%(seconds)s s") % {"seconds": number_format(took.total_seconds(), 1)}
    minutes, seconds = divmod(int(took.total_seconds()), 60)
    return _now("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds}


def document_link(run: NightRun) -> str:
    """Lead to a run's document, by its own kind."""
    if run.document is None:
        return NOTHING
    url = page_url(f"billing.{run.kind.replace('_', '')}document", run.document_id)
    name = f"№\xa0{run.document.number}" if run.document.number else _now("being written")
    return shown.leading(url, name) if url else name


def who(run: NightRun) -> str:
    return person(run.started_by) or _now("the schedule")


def measures(of: Any) -> list[tuple[str, SafeString]]:
    return [(str(measure.label), shown.figure(measure, getattr(of, measure))) for measure in Measure]


def progress(run: NightRun, *, url: str, whole: bool) -> dict[str, Any]:
    """Return all that the page of a run shows of how it goes; `url` is where the page asks for it anew."""
    found = written([run]).get(run.pk, Written())
    finished = found.done + found.failed
    return {
        "run": run,
        "state": state_badge(run),
        "document": document_link(run),
        "who": who(run),
        "started": here(run.started_at),
        "finished": here(run.finished_at) if run.finished_at else "",
        "took": duration(run),
        "until": here(run.until),
        "written": found,
        "measures": measures(found),
        "finished_chunks": finished,
        "percent": 100 * finished // found.chunks if found.chunks else 100,
        # Of one that failed somebody may just have asked for another try.
        "moves": run.state == NightState.RUNNING or found.planned or found.failed,
        "failures": _failures(run, found.failed, whole=whole),
        "failures_cut": found.failed > FAILURES,
        "url": url,
    }


def chunk_row(chunk: NightChunk) -> dict[str, Any]:
    return {
        "place": chunk.place,
        "state": badge(chunk.get_state_display(), _CHUNK_COLOURS[chunk.state]),
        "cards": chunk.cards,
        "lots": chunk.lots,
        "figures": [figure for _name, figure in measures(chunk)],
    }


def _failures(run: NightRun, count: int, *, whole: bool) -> list[dict[str, Any]]:
    """Name the cards that a run could not do, and why."""
    if not count:
        return []
    failed = [one for _place, one in zip(range(FAILURES), night.failures(run=run), strict=False)]
    cards = DiscountCard.objects.in_bulk([card for card, _reason in failed])
    names = shown.names_of(cards, whole=whole)
    return [{"card": shown.card_link(cards[card], names), "reason": _first_line(reason)} for card, reason in failed]


def _first_line(reason: str) -> str:
    return reason.partition("\n")[0]


_CHUNK_COLOURS: dict[str, str] = {ChunkState.PLANNED: "info", ChunkState.DONE: "success", ChunkState.FAILED: "danger"}
