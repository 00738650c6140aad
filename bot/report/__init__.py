"""Archive for a bug report, without secrets and chatters.

`parts` collects the texts, `secrets` finds what is secret here, `redaction` removes it, and
`archive` writes the file.
"""
