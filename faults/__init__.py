"""Faults: the whole product on servers of its own, broken in every way at hand while registers sell.

`stage` runs it under the supervisor of script/server, `tills` sell to it as badly connected registers do and write down
what was acknowledged, `troubles` break it and prove that they did, `books` compares the tills' own logs with the
database, `suite` leads through all of it.
"""
