"""The long poll: thousands of registers wait in one process to hear that something changed in their warehouse.

One event loop, no Django request, no ORM; a small pool of database connections for everyone. What a register is told
is what `stock_feed` would answer it, and cursors are moved by the same function.

    identities  whose token it is: asked in batches, remembered for a while
    rooms       the waiters of one warehouse; one statement reads for all of them what changed
    rounds      one page of changes into answers, each made once for all who stand at the same place
    reading     the statements
    listening   Redis: a warehouse changed, a register was ordered to reload, a register was revoked
    hub         ties them together, and looks at the revisions itself now and then, should a message be lost

No wake-up can be missed: a waiter first stands in its room and only then compares its cursor with what the room knows,
both between two awaits; whatever commits later is announced later, and makes the room read again.
"""
