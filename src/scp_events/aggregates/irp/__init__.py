"""An IRP: what a young person and their key workers set out to do."""
