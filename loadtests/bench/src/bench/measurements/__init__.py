"""What is measured: one measurement to a file."""
