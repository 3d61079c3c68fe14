"""Importing over HTTP: the sheets are sent, a program of its own imports them, and it tells how far it is.

`door` has the addresses, `described` what is said of them, `upload` takes the files in, `under_way` starts
the program (`__main__`) that does what the command line does, `kept` is what stays of an import, `turn` lets
one in at a time.
"""
