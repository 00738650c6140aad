"""`ishowtts report`: one archive for a bug report, with what is secret taken out.

`parts` collects what is told, `secrets` knows what must not be, `redaction` takes it out, `archive`
writes the file and says what is in it.
"""
