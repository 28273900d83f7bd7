"""The dashboard: pages over the engine, one measuring session, and the routes to watch it."""
