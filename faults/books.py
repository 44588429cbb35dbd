"""The tills' own logs against the database: what must be true when everything is quiet again."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from faults.stage import Stage
from faults.tills import Listener, Till

Left = dict[tuple[str, str], tuple[Decimal, Decimal]]
_LEFT = """
    SELECT w.name, s.code, b.on_hand - b.sold, b.reserved
    FROM stock_balance b JOIN retail_warehouse w ON w.id = b.warehouse_id JOIN retail_sku s ON s.id = b.sku_id
"""
_RECORDED = """
    SELECT r.number, t.uid, t.state
    FROM registers_kkmtransaction t JOIN registers_register r ON r.id = t.register_id
    WHERE t.received_at >= %s
"""


def left(stage: Stage) -> Left:
    """Return by warehouse and SKU what is left, and how much of it is held."""
    with stage.database() as connection:
        return {(house, sku): (free, held) for house, sku, free, held in connection.execute(_LEFT)}


def faults(stage: Stage, tills: list[Till], listeners: list[Listener], *, before: Left, since: str) -> list[str]:
    """Name whatever is not as it must be; nothing where all is well."""
    found = [wrong for till in tills for wrong in till.wrong]
    found += _transactions(stage, tills, since)
    found += _goods(stage, tills, before)
    found += _beliefs(stage, listeners)
    audit = stage.manage("audit")
    if audit.returncode:
        found.append(f"the audit: {(audit.stdout + audit.stderr).strip()[-800:]}")
    return found


def _transactions(stage: Stage, tills: list[Till], since: str) -> Iterator[str]:
    """Everything acknowledged is recorded, once, and nothing else is."""
    acknowledged = {(till.number, uid) for till in tills for uid in till.acknowledged}
    with stage.database() as connection:
        rows = connection.execute(_RECORDED, (since,)).fetchall()
        conflicts = connection.execute(
            "SELECT count(*) FROM registers_transactionconflict WHERE received_at >= %s", (since,)
        ).fetchone()
    recorded = Counter((number, uid) for number, uid, _state in rows)
    if lost := acknowledged - recorded.keys():
        yield f"{len(lost)} acknowledged and not recorded, such as {sorted(lost)[:3]}"
    numbers = {till.number for till in tills}
    if unknown := {key for key in recorded.keys() - acknowledged if key[0] in numbers}:
        yield f"{len(unknown)} recorded and never acknowledged, such as {sorted(unknown)[:3]}"
    if doubled := [key for key, count in recorded.items() if count > 1]:
        yield f"{len(doubled)} recorded twice, such as {doubled[:3]}"
    if waiting := [uid for _number, uid, state in rows if state != "accepted"]:
        yield f"{len(waiting)} on the error desk, such as {waiting[:3]}"
    if conflicts and conflicts[0]:
        yield f"{conflicts[0]} conflicts"


def _goods(stage: Stage, tills: list[Till], before: Left) -> Iterator[str]:
    """Of every SKU so much is gone as was sold, and no more is held than before."""
    sold: Counter[tuple[str, str]] = Counter()
    for till in tills:
        sold.update({(till.warehouse, sku): pieces for sku, pieces in till.sold.items()})
    after = left(stage)
    if wrong := [key for key in before if before[key][0] - sold[key] != after[key][0]]:
        key = wrong[0]
        yield f"{len(wrong)} balances are wrong: of {key} {before[key][0]} less {sold[key]} is not {after[key][0]}"
    if held := {key: (before[key][1], after[key][1]) for key in before if before[key][1] < after[key][1]}:
        yield f"{len(held)} SKUs are held by nobody: {list(held.items())[:3]}"


def _beliefs(stage: Stage, listeners: list[Listener]) -> Iterator[str]:
    """A register that only listened believes what is true."""
    true = {key: free - held for key, (free, held) in left(stage).items()}
    for listener in listeners:
        while listener.hear():
            pass
        wrong = {
            sku: (told, true[listener.warehouse, sku])
            for sku, told in listener.left.items()
            if told != true[listener.warehouse, sku]
        }
        if wrong or not listener.left:
            first = list(wrong.items())[:3]
            yield f"{listener.name} believes otherwise of {len(wrong)} of {len(listener.left)}: {first}"
