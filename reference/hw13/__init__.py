"""HW13: DDPM and DDIM from a Gaussian; direct preference optimisation."""
