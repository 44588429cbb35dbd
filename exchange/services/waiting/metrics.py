"""What a watchman sees of the long poll."""

from prometheus_client import Counter, Gauge

WAITING = Gauge("prilavok_waiting_registers", "Registers held in the long poll", multiprocess_mode="livesum")
ANSWERS = Counter("prilavok_wait_answers", "Answers to held registers", ["outcome"])
STATEMENTS = Counter("prilavok_wait_statements", "SQL statements the long poll ran", ["name"])
