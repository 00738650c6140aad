"""Tables of English: units, and the words of chat."""
