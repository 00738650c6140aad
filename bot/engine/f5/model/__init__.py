"""Network and its computation: transformer, sampling, vocoder, kernels, CUDA graphs."""
