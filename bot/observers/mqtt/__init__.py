"""What an MQTT broker is told, and how the daemon is connected to it: docs/mqtt.md."""
