"""Serves the tree to monitors: the newest published checkpoint, its tiles, and the records under them.

`python -m scp_tiles` answers GET and HEAD in the layout of C2SP tlog-tiles. It reads the database, writes
nothing, and has neither the log's key nor anybody's personal data.
"""
