"""MQTT: the connection to the broker, and the messages of both directions (docs/mqtt.md)."""
