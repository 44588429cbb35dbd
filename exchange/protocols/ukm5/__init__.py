"""The dialect of УКМ 5: stock control while the cashier waits, receipts by push and by «Экспорт XML» (docs/ukm5.md).

assumptions   everything that the vendor's public description leaves open, in one place
requests      what a till asks of stock control, out of an address
answers       what it and the УКМ 5 server are answered
splitting     a pushed body or a file into single documents
xml           a document of «Экспорт XML» into the same names and values as pushed JSON
messages      one document into an `Entry`
"""
