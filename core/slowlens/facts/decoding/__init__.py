"""How generation goes on and ends: parameters, cache, limits, end tokens."""
