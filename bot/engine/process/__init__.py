"""An engine in a child process: both ends of the pipe, and what keeps it running."""
