"""A recording becomes a reference voice: excerpt, transcript, and what is wrong with it."""
