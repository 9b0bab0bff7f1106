"""Rules of image streams: what a tag is and what its history says."""
