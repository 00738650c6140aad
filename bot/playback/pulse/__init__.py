"""Sound server: sinks of PulseAudio and PipeWire by their names, and streams that stay on them."""
