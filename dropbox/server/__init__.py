"""The online half: takes reports over Tor, seals them, keeps the sealed items and hands them out in bundles."""
