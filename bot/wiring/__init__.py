"""Builds what the configuration names: engines, outputs, observers, MQTT."""
