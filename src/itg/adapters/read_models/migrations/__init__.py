"""The steps of each service's tables, in a folder each.

A step is never edited once it was released. One that adds what only a class of event fills that no
earlier step knew needs nothing more: that class has no cursor, and is read from the first event.
One that adds what known classes fill takes the cursors of every class that fills the table away:
read again in order, they leave each row as they left it before, and with what is new.
"""
