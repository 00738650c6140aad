"""The network and what computes it: transformer, sampling, vocoder, kernels, CUDA graphs."""
