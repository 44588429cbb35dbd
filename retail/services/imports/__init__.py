"""Items, barcodes and prices from Excel and CSV files of any length; kinds of files from above are included.

A file is read row by row and taken in by chunks of a thousand. A chunk is looked up with a few set-based queries,
compared, and written with a few more, in one transaction (of goods, under the catalogue's lock): memory and the number
of queries per row do not depend on the length of the file. Each row ends as an `Outcome`: new, changed, the same, or
faulty with its problems in words; faulty rows are left out and the others go in, so that the corrected file can simply
be sent again. A check writes and locks nothing; it compares each row with what is in the database, so it cannot see
that an earlier chunk of the same file is about to change it.
"""

from retail.services.imports.imports import GOODS, KINDS, Import, Importer, include, read
from retail.services.imports.outcomes import Action, Outcome, Problem, Totals
from retail.services.imports.sources import UnreadableFile

__all__ = [
    "GOODS",
    "KINDS",
    "Action",
    "Import",
    "Importer",
    "Outcome",
    "Problem",
    "Totals",
    "UnreadableFile",
    "include",
    "read",
]
