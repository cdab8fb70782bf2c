"""What is wrong with the configuration, or keeps the server from starting."""

from dropbox.errors.base import DropboxError, NamedError, Say


class ConfigError(DropboxError):
    """A configuration value that cannot be used: names the key and what is allowed, never the value."""

    message = "The configuration cannot be used."

    def __init__(self, key: str, allowed: str) -> None:
        super().__init__()
        self.key = key
        self.allowed = allowed

    def told(self, say: Say) -> str:
        return f"{self.key}: {say(self.allowed)}"


class StartRefused(NamedError):
    """The drop will not start in this state (swap in clear, a changed salt, a secret key in keys/, ...)."""

    message = "The drop refuses to start."

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(name)
        self.hint = hint

    def told(self, say: Say) -> str:
        return say(self.name)
