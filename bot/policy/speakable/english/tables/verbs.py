"""Verbs in their plain form, as they stand behind "to"."""

PLAIN = frozenset(
    {
        "add", "ask", "be", "beat", "become", "believe", "blow", "break", "bring", "build", "buy",
        "call", "carry", "catch", "cheat", "check", "clap", "clean", "clip", "come", "cook", "cry",
        "dance", "die", "do", "donate", "drink", "drive", "drop", "eat", "end", "explain", "farm",
        "feed", "feel", "fight", "figure", "find", "finish", "fix", "fly", "follow", "forget",
        "gank", "get", "gift", "give", "go", "grind", "hang", "have", "hear", "help", "hide",
        "join", "jump", "keep", "kill", "know", "laugh", "learn", "leave", "listen", "live",
        "log", "look", "lose", "make", "meet", "miss", "move", "open", "pay", "play", "push",
        "queue", "quit", "raid", "read", "relax", "respawn", "restart", "rest", "ride", "run",
        "save", "say", "see", "sell", "send", "show", "sing", "sit", "skip", "sleep", "speak",
        "spend", "stay", "steal", "stop", "stream", "study", "take", "talk", "teach", "tell",
        "think", "throw", "touch", "trade", "try", "turn", "type", "upgrade", "use", "visit",
        "wait", "wake", "walk", "watch", "win", "work", "write",
    }
)  # fmt: skip
"""Verbs that no number stands before: what two are counted of is a plural."""
