"""Statements that ask what a rule lets through.

Each names its candidates in a `WITH RECURSIVE candidate AS …` and asks of `judged`; what stands between is one file for
all of them, put in where the statement says `--- judged.sql`.
"""

from pathlib import Path

from retail.services.statements import Statement

_HERE = Path(__file__).parent
_PLACE = "--- judged.sql\n"


def reader(name: str) -> Statement:
    """Load a statement that lies here. It is planned at each run: candidates are one SKU or all of them."""
    statement = Statement(_HERE / name, prepared=False)
    before, after = statement.sql.split(_PLACE)
    statement.sql = before + (_HERE / "judged.sql").read_text(encoding="utf-8") + after
    return statement
