"""What things are and what rules mean. No solver, no data frames."""
