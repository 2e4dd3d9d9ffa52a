"""What each rule means, one module per rule. The registry is the literal tuple below."""
