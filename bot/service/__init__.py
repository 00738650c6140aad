"""The daemon as a service of systemd, and its state as other processes ask for it."""
