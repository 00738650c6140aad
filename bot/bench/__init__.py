"""`ishowtts bench`: how fast F5 is on this machine, and what bounds it.

`subject` is the model that is measured, `workload` what it has to do, `timing` the clock.
`own_stages`, `upstream_stages`, `patched` and `start` measure, each stage for itself, so that one
that fails costs its own numbers alone; `session` runs them and writes `results` after each.
`ceiling` and `roofline` tell what the hardware allows, `bars` what is asked, `check` whether it
became slower, `profiling` where the time goes, `report` prints.
"""
