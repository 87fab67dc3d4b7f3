"""Flow Service: connection specs, connections, flow specs, flows, runs, and the scheduler that really runs them."""
