"""The commands: each module adds one, its arguments and what carries it out, to the parser."""
