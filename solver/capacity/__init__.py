"""What to buy: the cheapest nodes that hold everybody, with a proof of how cheap it could be at best."""
