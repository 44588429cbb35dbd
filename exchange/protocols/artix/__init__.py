"""Artix (Artix Касса, Кассовый сервер): sales out of text files with sections of JSON, goods into `.aif` files.

assumptions   what the vendor's description leaves open, in one place
values        single values, which come as numbers, text, and dates in several forms
cutting       the bytes of a sales file into markers of sections, documents and what is neither
report        these into pieces of a file of transactions
receipts      a document of a sale or a return as the message every dialect makes of one
requests      asking a till for the sales of some days
dictionaries  the commands of an `.aif` file
messages      one document, or one end of a shift, into an `Entry`
"""
