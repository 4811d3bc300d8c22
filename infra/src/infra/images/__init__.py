"""The images: built by whatever builder is at hand, looked into, and run as a cluster would."""
