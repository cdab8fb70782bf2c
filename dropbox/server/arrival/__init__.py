"""The arrival room: sockets to the app, each body handed on while it comes in and none of it ever in a file.

One thread reads all sockets and never waits; it also watches every clock. Waitress's own spooling, error texts and log
lines stay outside: nothing of a request is logged, and no byte of a body or a response is kept but in bounded memory.
"""

from dropbox.server.arrival.channel import Channel
from dropbox.server.arrival.server import ArrivalServer, create_server

__all__ = ["ArrivalServer", "Channel", "create_server"]
