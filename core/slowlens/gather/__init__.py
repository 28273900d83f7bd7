"""Disk and devices to facts; the only code that reads a user's files."""
