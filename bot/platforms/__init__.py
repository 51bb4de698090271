"""One package a platform; none imports another."""
