"""Where readings come from: simulated sensors, this machine, a recorded file."""
