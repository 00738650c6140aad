"""The daemon as a service of systemd: `ishowtts service`."""
