"""Files of transactions: kept as they came, and taken into the journal in batches, each transaction once.

`receiving` puts the original into the archive and makes its `TransactionFile`; `loading` takes it in; `checking` says
what it would do. What a dialect knows of bytes stands in `exchange.protocols`; `dialects` names them.
"""
