"""What a device posts: sales into the journal of its register, the rest kept as it is.

A report becomes one transaction for each check, each movement of cash, and the opening and closing of its shift. Each
is known for ever by what identifies it (`exchange.protocols.equipment_service.entries`), so a report that comes again,
with its UUID, another one or none, moves nothing twice. What differs from what came first is another body under a known
key: it takes the place of what waits on the error desk and has moved nothing, and is a conflict for a person otherwise
(docs/adr/0014, 0022). A shift that is still open is refused before anything of the document is taken in.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.choices import PostedKind
from exchange.models import Equipment, PostedDocument
from exchange.protocols.equipment_service import answers, documents, entries, reports, schemas, xml
from exchange.protocols.equipment_service.formats import Format
from exchange.protocols.equipment_service.reports import Report
from exchange.services.equipment_service import devices, reading
from registers.messages import Entry
from registers.models import KkmTransaction, TransactionConflict
from retail.exceptions import DomainError
from stock.services import intake
from stock.services.error_desk import conflicts, resubmitting
from stock.services.intake import Busy, Outcome

__all__ = ["Busy", "Posted", "Refused", "post"]

PROTOCOL = "equipment"
AT_ONCE = 500  # transactions in one statement
KINDS = {"Sale": PostedKind.SALES, "Pric": PostedKind.PRICE_CHECKS, "Alco": PostedKind.TARE}

_log = structlog.get_logger(__name__)


class Refused(DomainError):
    """The document is not taken in: in the vendor's words, and then in ours."""

    code = "equipment_document_refused"


class Posted(msgspec.Struct, frozen=True):
    """What became of a document: the words for the device and for the log, its shifts, and where it is kept."""

    description: str
    summary: str
    shifts: Sequence[int] = ()
    document: int | None = None


def post(*, equipment: Equipment, doc_type: str, document: str, by: User | None, now: datetime) -> Posted:
    """Take in a document. Raises `Refused`, `NotSetUp`, `Inactive`, and `intake.Busy`: then it may be posted again.

    A type that nobody knows is passed over, as the vendor's own service does. What puts something right is done by a
    person: without one (a file in a folder) it waits.
    """
    known = devices.format_of(equipment)
    root_name = documents.root_of(doc_type, known)
    if not root_name:
        if doc_type in documents.TARE:
            raise Refused(answers.NO_TARE % _version(known))
        return Posted(
            answers.LOADED, _("A document of an unknown type, “%(type)s”, was passed over.") % {"type": doc_type[:64]}
        )
    devices.check_ready(equipment)
    try:
        root = xml.read(document.encode("utf-8", "surrogatepass"))
        schemas.check(root, known)
        if not root.tag == f"{{{known.namespace}}}{root_name}":
            raise schemas.Mismatch(_("The document is not %(name)s.") % {"name": root_name})
    except (xml.NotXml, schemas.Mismatch) as error:
        raise Refused(f"{answers.NOT_OF_FORMAT}\n{error}") from error
    if root_name.startswith("Sale"):
        told = reports.read(root, known, device_id=equipment.device_id or "")
        return _take_in(equipment, told, document, by, now)
    kept = _keep(equipment, KINDS[root_name[:4]], document, now)
    return Posted(answers.LOADED, _("Goods: %(count)d.") % {"count": documents.count(root)}, (), kept.pk)


def _take_in(equipment: Equipment, told: list[Report], document: str, by: User | None, now: datetime) -> Posted:
    """Take in the shifts of a document."""
    register = equipment.register
    assert register is not None  # Checked before.
    open_shifts = [report.shift for report in told if not report.closed]
    if open_shifts:
        said = _("Shift %(shifts)s is still open: close it on the register, and exchange once more.")
        raise Refused(said % {"shifts": ", ".join(open_shifts)})
    kinds = reading.kinds(equipment.device_id or "")
    zone = register.shop.zone
    kept = _keep(equipment, PostedKind.SALES, document, now)
    read = [entries.read(raw, zone, kinds) for report in told for raw in report.events]
    outcomes: list[Outcome] = []
    for begin in range(0, len(read), AT_ONCE):
        batch = read[begin : begin + AT_ONCE]
        outcomes += intake.take_in(register=register, entries=batch, protocol=PROTOCOL, now=now)
    replaced = _replace(register.pk, read, outcomes, by, now)
    mended = _mend(register.pk, read, outcomes, by, now)
    shifts = sorted({entry.shift for entry in read if entry.shift is not None})
    summary = _summary(told, outcomes, replaced, mended)
    return Posted(
        f"{answers.LOADED}. {summary}" if _is_worth_telling(outcomes) else answers.LOADED, summary, shifts, kept.pk
    )


def _replace(register: int, read: list[Entry], outcomes: list[Outcome], by: User | None, now: datetime) -> int:
    """Let what came now take the place of what waits on the error desk and has moved nothing. Returns how many did."""
    differing = [entry.body_hash for entry, outcome in zip(read, outcomes, strict=True) if outcome.status == "conflict"]
    if not differing or by is None:
        return 0
    found = TransactionConflict.objects.open().filter(transaction__register=register, body_hash__in=differing)
    replaced = 0
    for conflict in found.select_related("transaction__register__shop").order_by("pk"):
        if not conflicts.can_take_second(conflict):
            continue
        try:
            conflicts.take_second(conflict_id=conflict.pk, by=by, reason=str(REPORTED_AGAIN), now=now)
            replaced += 1
        except DomainError as error:  # It makes no sense either: a person looks at both.
            _log.info("equipment_report_not_replaced", conflict=conflict.pk, why=str(error))
    return replaced


def _mend(register: int, read: list[Entry], outcomes: list[Outcome], by: User | None, now: datetime) -> int:
    """Look again at what came before as it came now, and waits: perhaps its cause is mended. Returns how many were."""
    waiting = [
        entry.uid
        for entry, outcome in zip(read, outcomes, strict=True)
        if outcome.status == "duplicate" and outcome.problems
    ]
    if not waiting or by is None:
        return 0
    found = KkmTransaction.objects.filter(register=register, uid__in=waiting).values_list("pk", flat=True)
    return resubmitting.resubmit(transactions=found, by=by, now=now).mended


REPORTED_AGAIN = gettext_lazy("The register has reported its shift once more.")


def _keep(equipment: Equipment, kind: PostedKind, document: str, now: datetime) -> PostedDocument:
    """Keep a document as it came, once."""
    raw = document.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(raw).digest()
    made = PostedDocument(
        equipment=equipment,
        register=equipment.register,
        kind=kind,
        packed=zlib.compress(raw),
        body_hash=digest,
        received_at=now,
    )
    PostedDocument.objects.bulk_create([made], ignore_conflicts=True)
    return PostedDocument.objects.get(equipment=equipment, body_hash=digest)


def _is_worth_telling(outcomes: list[Outcome]) -> bool:
    return any(outcome.status in ("conflict", "error_desk") for outcome in outcomes)


def _summary(told: list[Report], outcomes: list[Outcome], replaced: int, mended: int) -> str:
    """Say what became of a document."""
    counts = Counter(outcome.status for outcome in outcomes)
    counts["conflict"] -= replaced
    said = [
        (_("Shifts: %(count)s."), ", ".join(report.shift for report in told)),
        (_("Taken in: %(count)s."), counts["accepted"]),
        (_("Known already: %(count)s."), counts["duplicate"]),
        (_("Told otherwise than before, so a person decides: %(count)s."), counts["conflict"]),
        (_("Put right by what came now: %(count)s."), replaced),
        (_("Waited, and could be applied now: %(count)s."), mended),
        (_("On the error desk: %(count)s."), counts["error_desk"]),
        (_("Neither sale nor return, so left out: %(count)s."), sum(report.left_out for report in told)),
    ]
    return " ".join(words % {"count": count} for words, count in said if count)


def _version(known: Format) -> str:
    return ".".join(str(known.code)[place] for place in (0, 3))
