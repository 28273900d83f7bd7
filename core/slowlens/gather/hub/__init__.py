"""A model of the Hugging Face hub as a local folder: small files whole, weights as headers."""
