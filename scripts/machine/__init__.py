"""What root does on a drop's machine: adding and removing drops, carrying client keys to tor, running commands.

Installed by the package as onion_dropbox_machine and run by Debian's own python3, with nothing but its own library: no
other package's code ever runs as root here. It shares no code with `dropbox`.
"""
