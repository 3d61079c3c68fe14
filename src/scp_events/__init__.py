"""Programme tracking for second-chance programmes, as a log of decisions that can be replayed."""
