"""Policy decides what may be spoken and in which words; it knows neither queues nor audio."""
