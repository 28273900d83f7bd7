"""Facts: frozen values that were read or computed, with no opinion and no I/O."""
