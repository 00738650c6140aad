"""Makes a reference voice of a recording; needs the packages of the extra `voices`."""
