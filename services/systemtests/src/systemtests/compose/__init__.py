"""`infra/compose.yaml`: read, held to its rules, and run as processes on this machine."""
