"""The courier, without its pages: who may come in, what lies ready for them, what they bring. No request enters."""

from dropbox.server.courier.courier import Courier

__all__ = ["Courier"]
