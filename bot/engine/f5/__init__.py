"""Inference for F5-TTS checkpoints (SWivid/F5-TTS, arXiv 2410.06885) on plain torch.

The flow: `text` and `reference` turn a message and a voice into an `Item`; `layout` packs items of
any lengths into one row of frames; `dit` and `sampler` make the mel spectrogram, `vocos` the wave;
`runner` runs batches on a device, on a GPU with `graphs`; `engine` is the face to the daemon.
Shapes in comments: T frames of the packed row, D model width, H heads, S steps, B items.
"""
