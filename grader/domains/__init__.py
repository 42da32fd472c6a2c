"""Where values are drawn: domains of variables, and finite worlds for quantities that need one."""
