"""The connection to an MQTT broker, and what is written and read there."""
