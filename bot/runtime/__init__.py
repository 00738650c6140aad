"""Runtime: what every room may use: clocks, endpoints of HTTP, and how this was installed."""
