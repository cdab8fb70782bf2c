"""The backup room: a drop as one sealed file, and a file as a drop again.

A backup is one OpenPGP message made by gpg, so that `gpg -d FILE | tar x` opens it in twenty years without us. Inside,
a tar: a manifest, the drop's signature over it, then every file that it names. Nothing of it is unsealed here that a
reporter or an investigator wrote: what lies in the data folder is sealed already.
"""
