"""The images, built and started."""
