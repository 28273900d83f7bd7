"""Tensors and their files: names, dtypes, head, experts, adapters, packing."""
