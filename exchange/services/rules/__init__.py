"""What an exchange rule lets through, for everyone who asks: devices, registers, and the page of the rule.

    judged.sql  which of the candidates pass, and why the others do not: the one place that knows
    readers     puts it into the statements that ask it
    formats     what each version of a format has words for
    positions   where catalogue and stock stand, and whether a device may go on from where it stood
    goods       the goods of a device: all of them, what changed, or one by its barcode
    groups      the groups of those goods
    feed        the same for a register's `GET goods`
    preview     how many pass, which do not, and why
    checks      what would keep a device from working

**How an incremental exchange notices that goods have run out.** What changes about goods stamps `Sku.revision`; what
changes about stock stamps `Balance.revision` and must not touch the catalogue, whose lock a sale never takes. So a
position has both: with a rule that looks at stock (`in_stock_only`, `balances`), goods are told again if either has
moved, and judged anew. A SKU that has come in passes and is told; one that has run out does not, and is told as
withdrawn. A sale of what is still left tells the SKU once more than needed, whoever comes rarely pays little for it:
each SKU comes once, however often it was sold in between.
"""
