"""What a run was worth: limits, verdict, plots, report. Pure, but for the file of limits."""
