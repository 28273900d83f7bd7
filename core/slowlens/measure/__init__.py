"""Live generation in a child process: plan, protocol, session, worker."""
