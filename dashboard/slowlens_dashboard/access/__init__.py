"""Who may see what, and who may change anything."""
