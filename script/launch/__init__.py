"""Starts what the product needs on a bare machine: for script/server, script/test, script/check and script/bench.

Nothing here but `messages` and `prepare` needs more than Python's own library, since these modules make the virtual
environment before anything is in it.
"""
