"""The layers of the part that writes text: positions, windows, what each keeps."""
