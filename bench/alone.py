"""The intake alone, for `bench.files`: receipts of a file, one a call, in this process. Prints how many a second."""

import argparse
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.alone", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--register", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=4)
    chosen = parser.parse_args()
    django.setup()
    from exchange.protocols.kkmtransfer.messages import read
    from registers.models import Register
    from stock.services import intake

    register = Register.objects.get(number=chosen.register)
    count, began = 0, time.monotonic()
    with chosen.file.open("rb") as file:
        for raw in islice(file, chosen.first, None):
            intake.take_in(
                register=register, entries=[read(raw.strip())], protocol="kkmtransfer", now=datetime.now(UTC)
            )
            count += 1
            if time.monotonic() - began > chosen.seconds:
                break
    print(count / (time.monotonic() - began))


if __name__ == "__main__":
    main()
