"""Per-receipt upload: what a register sold is fetched from it, because it told so or because it is time.

`telling` counts a tell in one statement and puts a hint on the queue. `fetching` claims the register's row, asks it
packet by packet (`asking`, from networks that `addresses` lets through) and gives each packet to the intake that
`POST transactions` uses; the cursor is kept once the packet is recorded, and the next question with it is the
acknowledgement. Everything may be lost or come twice: the row says what is due, the intake knows what it has.
"""
