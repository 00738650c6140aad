"""Speed check: `ishowtts bench`, its baseline, and what the daemon shows of it.

`setup` names machine, versions and model; `measurement` lets F5-TTS speak the `workloads` in the
engine's own process, as the daemon does, while `conditions` watches the machine. `check` compares
the `results` with the baseline in the `history`; `causes` says what may explain a drift. `speed` is
what the daemon reads. Torch is never imported here; what needs it lies in tests/bench/f5.
"""
