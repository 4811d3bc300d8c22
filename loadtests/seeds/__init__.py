"""What is wrong on purpose, so that a run can be seen to notice."""
