"""АТОЛ Frontol 6: text files, one transaction of a workplace in a line, fields between semicolons.

Its report looks like that of Штрих-М and is not: it names the shift and the kind of operation in each line, gives sums
after discounts beside those before, and opens and closes each document.
"""
