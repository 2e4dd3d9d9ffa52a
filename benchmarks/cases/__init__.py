"""One benchmark a module, each of which registers itself when it is imported."""
