"""What observations mean. Pure: no module here opens a connection or looks at a clock."""
