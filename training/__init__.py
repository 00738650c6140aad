"""Training of the bundled F5 checkpoint and its vocoder; runs from the repository root.

So that they run on a bare GPU machine, the trainers need torch, numpy, safetensors, hibari and
msgspec alone, the vocoder's no more than the first three. What runs the teacher (`corpus`,
`voices`) needs scipy and onnx too.
"""
