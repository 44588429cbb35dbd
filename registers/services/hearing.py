"""Whether a register is heard. A working one asks at least every half a minute."""

from datetime import datetime, timedelta

ONLINE_WITHIN = timedelta(minutes=2)


def since(*, now: datetime) -> datetime:
    """Return the moment since which a register that is online has been heard."""
    return now - ONLINE_WITHIN
