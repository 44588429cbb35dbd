from typing import Any

from celery import shared_task
from django.utils import timezone

from exchange.models import TransactionFile
from exchange.services import retention
from exchange.services.alerts import watching
from exchange.services.equipment_service import folders, sessions, transfers
from exchange.services.transaction_files import artix_sending, artix_states, loading
from exchange.services.transaction_files import folders as tills
from exchange.services.ukm5 import files, taking
from exchange.services.uploads import fetching
from exchange.services.webhooks import sending, telling

HINT_SECONDS = 60  # after which the next look has put another on the queue


@shared_task
def ukm5_files_look(**_: Any) -> None:
    """Take in the files of «Экспорт XML»."""
    files.look(now=timezone.now())


@shared_task
def ukm5_unclaimed_claim(**_: Any) -> None:
    """Take in what УКМ 5 told of tills that somebody has named meanwhile."""
    taking.claim(now=timezone.now())


@shared_task
def price_list_build(*, transfer_id: int, **_: Any) -> None:
    """Build a price list that a device of EquipmentService waits for."""
    transfers.build(transfer_id=transfer_id, now=timezone.now())


@shared_task
def price_lists_build(**_: Any) -> None:
    """Build the price lists whose tasks were lost, or whose builders died."""
    for transfer_id in transfers.due(now=timezone.now()):
        transfers.build(transfer_id=transfer_id, now=timezone.now())


@shared_task
def exchange_log_forget(**_: Any) -> None:
    """Forget what went over the wire longer ago than it is kept, old price lists, loads, visits to tills, messages."""
    sessions.forget_bodies(now=timezone.now())
    sessions.forget_rows(now=timezone.now())
    fetching.forget(now=timezone.now())
    transfers.forget_old(now=timezone.now())
    artix_states.forget_old(now=timezone.now())
    telling.forget_old(now=timezone.now())


@shared_task
def journals_keep(**_: Any) -> None:
    """Make the tables of months to come, take bodies of old transactions out of the journal, forget old sign-ins."""
    retention.keep(now=timezone.now())


@shared_task
def equipment_files_look(**_: Any) -> None:
    """Exchange files with devices of EquipmentService that have a folder."""
    folders.look(now=timezone.now())


@shared_task
def transaction_file_load(*, file_id: int, **_: Any) -> None:
    """Load a file of transactions that somebody has handed over."""
    loading.load(file=TransactionFile.objects.get(pk=file_id), now=timezone.now())


@shared_task
def transaction_files_load(**_: Any) -> None:
    """Load files of transactions whose tasks were lost, or whose loaders died."""
    loading.load_due(now=timezone.now())


@shared_task
def transaction_folders_look(**_: Any) -> None:
    """Exchange files with tills that speak by files."""
    tills.look(now=timezone.now())


@shared_task
def artix_servers_look(**_: Any) -> None:
    """Tell goods to cash servers of Artix that are told over HTTP, each by a task of its own: one may be slow."""
    for server_id in artix_sending.due(now=timezone.now()):
        artix_server_send.delay(server_id=server_id)


@shared_task
def artix_server_send(*, server_id: int, **_: Any) -> None:
    """Tell a cash server of Artix what is new for it."""
    artix_sending.send(server_id=server_id, now=timezone.now())


@shared_task
def upload_fetch(*, source_id: int, **_: Any) -> None:
    """Fetch what a register has not handed over yet; once more if it was told of more meanwhile."""
    if fetching.fetch(source_id=source_id, clock=timezone.now):
        upload_fetch.apply_async(kwargs={"source_id": source_id}, expires=HINT_SECONDS)


@shared_task
def uploads_look(**_: Any) -> None:
    """Put a task on the queue for each register that is to be fetched, so that a slow one holds up no other."""
    for source_id in fetching.due(now=timezone.now()):
        upload_fetch.apply_async(kwargs={"source_id": source_id}, expires=HINT_SECONDS)


@shared_task
def webhooks_send(**_: Any) -> None:
    """Tell endpoints and people what is to be told."""
    sending.work(clock=timezone.now)


@shared_task
def alerts_look(**_: Any) -> None:
    """Look whether anything is wrong that a rule of alerts watches."""
    watching.look(now=timezone.now())
