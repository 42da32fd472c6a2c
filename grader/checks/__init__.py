"""One way of knowing a file: each yields evidence, none knows points."""
