"""Where the parts meet: which services on which pump, clock, journal and transport.

The only importer of adapters. Each module reads as a wiring diagram.
"""
