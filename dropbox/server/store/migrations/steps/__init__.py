"""One file for each step; Alembic loads them by their path. Nothing else may import them."""
