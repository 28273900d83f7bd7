"""The child's side of measuring: the only code that imports torch and transformers."""
