"""What this server does in the background, owned by no browser tab."""
