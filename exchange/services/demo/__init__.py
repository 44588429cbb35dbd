"""A believable chain in an empty database: what `manage.py load_demo` makes.

Everything that people or registers would have done is done by the verbs they use (documents drafted and posted,
registers paired, transactions taken in); only plain reference rows are written in bulk. The same seed and the same
clock make the same chain, except for what must be unguessable.

    assortment  what is sold, read from assortment.toml
    places      organizations, shops, warehouses, price types, counterparties
    people      one user for every role
    goods       groups, items, SKUs, barcodes and prices made of the assortment
    tills       registers, and the pairing of most of them
    ukm5        a store of УКМ 5 with one till, and how it gets in
    watching    rules of alerts, and an endpoint of webhooks that nobody listens at
    mobile      the mobile till of a courier: an exchange rule, equipment
    supply      goods receipts that fill the warehouses, wholesale invoices that empty them
    shifts      what one register reports of one shift
    cards       discount cards with owners, what receipts and the past told of them
    history     the shifts of two days, taken in; what went wrong in them; where registers stand
    ordering    customer orders, the one that a receipt of the history sells too; what a till holds right now
    handout     var/demo.json: how scripts and integrators get in
    chain       all of it in order

The clock of a chain is the moment its loading began, kept as `date_joined` of its administrator. Each step finds what
it has made already, so a load that was interrupted is finished by the next one.
"""
