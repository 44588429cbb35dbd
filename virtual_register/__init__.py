"""A faithful little cash register on the command line: the first client of KKMTransfer, its demo and its load source.

It knows the contract (docs/integrators.md) and nothing of the server's code: it talks HTTP, keeps its own state in
SQLite and imports neither Django nor any of the apps. `python -m virtual_register --help` or
`manage.py virtual_register --help`.
"""
