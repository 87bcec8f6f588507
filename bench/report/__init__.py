"""What was measured, held against floors and laid out for people."""
