"""What runs inside a machine that the package was installed on; nothing but Python's own library is there."""
