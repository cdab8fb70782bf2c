"""The investigator's own online machine: a key for the courier's onion service, and nothing else.

It needs no network, knows no case and no drop, and imports neither the server nor the workstation.
"""
