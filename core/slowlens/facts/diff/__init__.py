"""What changed from source to merged. Rules use its spellings of config.json, too."""
