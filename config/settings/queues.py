"""Where tasks wait: a queue for each duty, so that what a cashier waits for never stands behind a night or a long file.

A worker takes from all of them unless it is told otherwise (`celery worker -Q near,processing`). A task that is named
in no route waits in `processing`.
"""

from kombu import Queue

QUEUES = ("near", "processing", "night", "files")
CELERY_TASK_QUEUES = [Queue(name) for name in QUEUES]
CELERY_TASK_DEFAULT_QUEUE = "processing"
CELERY_TASK_ROUTES = {
    task: {"queue": queue}
    for queue, tasks in {
        "near": [
            "billing.tasks.records_apply",
            "exchange.tasks.price_list_build",
            "exchange.tasks.price_lists_build",
            "retail.tasks.prices_announce",
            "stock.tasks.reservations_sweep",
        ],
        "night": [
            "billing.tasks.cards_night",
            "billing.tasks.cards_night_again",
            "billing.tasks.cards_night_of",
            "exchange.tasks.exchange_log_forget",
            "exchange.tasks.journals_keep",
            "registers.tasks.pairing_forget_old",
            "retail.tasks.answers_forget_old",
            "retail.tasks.edits_forget_old",
            "stock.tasks.books_audit",
            "stock.tasks.late_sales_settle",
        ],
        # And whatever else hangs on the machines of others.
        "files": [
            "exchange.tasks.artix_server_send",
            "exchange.tasks.artix_servers_look",
            "exchange.tasks.equipment_files_look",
            "exchange.tasks.transaction_file_load",
            "exchange.tasks.transaction_files_load",
            "exchange.tasks.transaction_folders_look",
            "exchange.tasks.ukm5_files_look",
            "exchange.tasks.ukm5_unclaimed_claim",
            "exchange.tasks.upload_fetch",
            "exchange.tasks.uploads_look",
            "exchange.tasks.webhooks_send",
        ],
    }.items()
    for task in tasks
}
