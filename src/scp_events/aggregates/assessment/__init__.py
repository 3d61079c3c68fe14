"""Structured assessments of needs and risks."""
