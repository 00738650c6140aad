"""Web: the pages for people, and the API that they and other programs use."""
