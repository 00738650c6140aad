"""Inference for F5-TTS checkpoints (SWivid/F5-TTS, arXiv 2410.06885) on plain torch.

A request's way: `engine` prepares it with a front end of `text` and a reference of `voice`; its
pieces become items, which `batching` groups into runs; `model.runner` packs a run into one row of
frames (`layout`), samples the mel spectrogram (`dit`, `sampler`) and decodes the wave (`vocos`), on
a GPU as a CUDA graph (`graphs`). `weights` finds, fetches and reads the files of models.
"""
