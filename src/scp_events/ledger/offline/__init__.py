"""What travels inside a case bundle: one program that needs Python alone, and nothing of this project."""
