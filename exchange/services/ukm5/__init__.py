"""УКМ 5 on our side: who is let in, which register a till is, what is held for it and what is taken in from it.

The bytes are those of `exchange.protocols.ukm5`; what the vendor leaves open stands there in `assumptions`.
"""
