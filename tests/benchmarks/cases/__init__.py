"""One module for each benchmark that makes its own input."""
