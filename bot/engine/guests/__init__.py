"""Guests: engines of others, behind the same contract as our own.

`openai` asks a server, `pool` workers on other machines, `piper` and `espeak` run a program,
`kokoro` runs a model of others on our phonemes. Each maps our voices to its own, and none is
trusted: what it answers costs one utterance at most.
"""
