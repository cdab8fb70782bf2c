"""onion-dropbox: an anonymous reporting drop behind a Tor onion service."""
