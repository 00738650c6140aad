"""Judges of speech: what was understood, how long it took, whose voice it is, how a vocoder does.

They need the packages in training/requirements.txt and no download.
"""
