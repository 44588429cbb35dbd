"""Which permission opens each page of the admin. A page that is not known here is one that nobody has thought of."""

# By how the name of an address ends: what may be done to the model that it begins with.
VERBS = {
    "changelist": "view", "change": "view", "history": "view", "export": "view", "add": "add", "delete": "delete",
    "import": "add", "import_template": "add",
    "raw": "view", "explain": "view", "progress": "view", "lines": "view", "preview": "view", "original": "view",
    "print_document": "view", "print_report": "view", "available": "view",
    "post_document": "post", "reverse_document": "reverse", "draft_again": "add",
    "scan": "change", "fill": "change", "load_file": "change", "sheet": "change", "settle_uncounted": "change",
    "release": "release", "accept_discrepancies": "accept",
    "codes": "mend", "map": "mend", "resubmit_one": "mend",
    "correct_one": "decide", "accept_one": "decide", "set_aside_one": "decide", "take_back_one": "decide",
    "agree_order": "agree", "take_back_order": "agree", "cancel_order": "cancel", "reopen_order": "cancel",
    "post_assignment": "post", "reverse_assignment": "reverse", "copy_assignment": "add",
    "issue_series": "add", "activate_card": "change", "block_card": "change", "replace_card": "change",
    "close_card": "change", "give_card": "change", "set_terms": "change",
    "submit_correction": "change", "withdraw_correction": "change", "take_back_correction": "add",
    "approve_correction": "approve", "refuse_correction": "approve",
    "run_night": "run", "go_on": "run", "try_again": "run",
    "export_json": "view", "export_workbook": "view", "erase_owner": "erase",
    "check_equipment": "view", "check_register": "view", "post_load": "change",
    "upload_file": "load", "load_again": "load",
    "make_secret": "change", "revoke_secret": "change", "send_test": "change",
}  # fmt: skip
# Pages whose permission is another model's, or that somebody opens without any.
OTHERS: dict[str, str | None] = {
    "index": None,
    "search": None,
    "home-figures": None,
    "password_change": None,
    "password_change_done": None,
    "retail_constants_changelist": None,  # Leads to the one row there is, which asks.
    "till": "registers.add_pairingcode",
    "till-page": "registers.add_pairingcode",
    "registers_register_pair_device": "registers.add_pairingcode",
    "registers_register_pairing_state": "registers.add_pairingcode",
    "registers_register_revoke_access": "registers.change_registertoken",
    "registers_transactionconflict_keep_the_first": "stock.decide_desktransaction",
    "registers_transactionconflict_take_the_second": "stock.decide_desktransaction",
    "registers_transactionconflict_record_the_second": "stock.decide_desktransaction",
    "stock_zreport_accept_discrepancies": "stock.accept_discrepancy",
    "stock_currentsales_process_transactions": "stock.process_transactions",
    "stock_zreport_process_transactions": "stock.process_transactions",
    "exchange_transactionfile_load_file": "exchange.load_transactionfile",
    "exchange_transactionfile_original": "exchange.load_transactionfile",
    "exchange_equipment_ask_for_report": "exchange.view_equipment",
    "registers_register_fetch_upload": "registers.change_register",
    "registers_register_make_upload_hook": "exchange.change_equipment",
    "retail_apitoken_revoke_token": "retail.change_apitoken",
    "auth_user_password_change": "auth.change_user",
    "exchange_exchangesession_repeat": "stock.process_transactions",
}
# What nobody does on a page, a superuser neither: facts and ledgers are written by machines, things are withdrawn.
NEVER = {
    "add": {
        "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog", "retail_constants", "retail_edit",
        "retail_sku", "django_celery_beat_periodictask", "registers_kkmtransaction", "registers_transactionconflict",
        "registers_receipt", "registers_shift", "stock_reservation", "stock_balance", "stock_desktransaction",
        "stock_movement", "stock_currentsales", "stock_zreport", "billing_discountcard", "billing_accrualdocument",
        "billing_writeoffdocument", "billing_nightrun", "billing_billingoperation", "billing_waitingrecord",
        "exchange_alert", "exchange_outgoingmessage", "exchange_exchangesession", "exchange_transactionfile",
        "exchange_ukm5unclaimed",
    },
    "delete": {
        "retail_apitoken", "retail_constants", "retail_edit", "auth_group", "retail_price", "retail_sku",
        "django_celery_beat_periodictask", "registers_kkmtransaction", "registers_transactionconflict",
        "registers_receipt", "registers_shift", "stock_reservation", "stock_balance", "stock_desktransaction",
        "stock_movement", "stock_currentsales", "stock_zreport", "billing_discountcard", "billing_accrualdocument",
        "billing_writeoffdocument", "billing_nightrun", "billing_billingoperation", "billing_waitingrecord",
        "billing_cardowner", "exchange_alert", "exchange_outgoingmessage", "exchange_exchangesession",
        "exchange_transactionfile", "exchange_ukm5unclaimed",
    },
}  # fmt: skip
# Addresses that are only posted to: their own tests say who may.
POSTED = {"till-code", "retail_item_process_import", "retail_price_process_import", "retail_barcode_process_import",
          "billing_discountcard_process_import"}  # fmt: skip
# Of their owners, so that others, an administrator excepted, are told that there is no such row.
OWN = {"retail_apitoken_history", "retail_apitoken_change", "retail_apitoken_revoke_token"}
# Pages of a state in which the row here is not: whoever may open them is told that there is nothing.
MISSING = {
    "exchange_exchangesession_repeat", "exchange_registerload_progress",
    "exchange_transactionfile_original", "registers_register_make_upload_hook", "registers_register_fetch_upload",
    "till-page",
}  # fmt: skip


def permission_of(name: str, model: str) -> str | None:
    """Return the permission that opens a page, None where none is asked for. An unknown page is a KeyError."""
    if name in OTHERS:
        return OTHERS[name]
    app, _, called = model.rpartition("_")
    return f"{app}.{VERBS[name.removeprefix(f'{model}_')]}_{called}"


def is_never(name: str, model: str) -> bool:
    return model in NEVER.get(name.removeprefix(f"{model}_"), ())
