"""Training of the bundled F5 checkpoint and its vocoder; runs from the repository root.

The trainers need torch, numpy and safetensors alone, so that they run on a bare GPU machine.
"""
