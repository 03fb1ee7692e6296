"""`make prove`: real load while parts are killed, frozen and cut off, and then the count of what was acknowledged."""
