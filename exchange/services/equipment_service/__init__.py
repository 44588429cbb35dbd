"""EquipmentService on our side: who is let in, what a device is told, and what is taken in from it.

access       HTTP Basic, for the role that synchronizes data
devices      which equipment a device id is, and what keeps it from working
calls        one call of a device into its answer, and a row of the log
transfers    price lists: prepared, built, handed out in packages, confirmed
building     the goods of a rule into packages, a page of them in memory at a time
assembling   rows of goods into messages of the protocol
telling      its settings
folders      the same exchange by files in a folder
deliveries   orders for a courier's register
posting      what a device posts: sales into the journal, the rest kept
reading      an event of the journal read again, with the payments of its device
sessions     the log, and how long it keeps what went over the wire
"""
