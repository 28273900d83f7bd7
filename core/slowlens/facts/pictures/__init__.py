"""Pictures and videos as processors make tokens of them."""
