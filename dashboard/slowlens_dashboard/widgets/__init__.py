"""Parts of pages that are used more than once, or that need a browser's own code."""
