"""Files of models: catalogue, download, folders, checkpoints."""
