"""Names with numbers in them: models, codes, addresses, telephones, moves of chess."""
