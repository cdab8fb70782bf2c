"""The offline half: reads and answers cases on a machine without a network."""
