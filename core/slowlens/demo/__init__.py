"""Small real checkpoints that show each problem, built on the user's machine."""
