"""What tills of Artix say, made for tests."""

import json


def position(place=1, *, code="10001", quantity=1, price=99.0, **fields):
    amount = round(price * quantity, 2)
    return {
        "posNum": place, "inventCode": code, "barCode": "", "opCode": 50, "quant": quantity, "price": price,
        "posSum": amount, "baseSum": amount, "excisemark": "", "discountPositions": [], "bonusPositions": [],
    } | fields  # fmt: skip


def paid(amount, *, by=1, operation=70):
    return {"valCode": by, "opCode": operation, "sumB": amount, "cardnum": ""}


def document(number, **fields):
    """Make a sale of one line, paid in cash, unless the fields say otherwise."""
    positions = fields.pop("inventPositions", [position()])
    total = round(sum(one["posSum"] for one in positions), 2)
    at = f"2026-11-20T{10 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
    return {
        "cashCode": "1", "shift": 12, "docNum": number, "docType": 1, "docSum": total, "userCode": "7",
        "timeBeg": at, "timeEnd": at, "identifier": f"7e1b0000-0000-4000-8000-{number:012}", "sourceidentifier": "",
        "inventPositions": positions, "moneyPositions": [paid(total)], "cardPositions": [],
        "failedMoneyPositions": [], "stornoPositions": [],
    } | fields  # fmt: skip


def shift(**fields):
    return {
        "cashCode": "1", "shift": 12, "sumGain": 99.0, "timeBeg": "2026-11-20T09:00:00",
        "timeEnd": "2026-11-20T22:00:00",
        "kkms": [{"serialNum": "001", "sumCashEnd": 99.0, "sumProtectedBeg": 0, "sumProtectedEnd": 99.0, "sumBack": 0}],
        "users": [{"usercode": "7", "username": "Анна"}],
    } | fields  # fmt: skip


def told(documents=(), shifts=(), log=()):
    """Put a file of sales together, as the vendor does: documents with `---` after each, in sections."""
    text = ""
    for name, ones in (("sales data", documents), ("shift info", shifts), ("securitylog info", log)):
        parts = "".join(json.dumps(one, ensure_ascii=False, indent=1) + "\n---\n" for one in ones)
        text += f"### {name} begin ###\n{parts}### {name} end ###\n"
    return text.encode()
