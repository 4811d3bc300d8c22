"""The gate on what a delivery costs in user space: see decision 0010."""
