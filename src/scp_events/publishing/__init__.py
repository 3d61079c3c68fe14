"""How other systems follow what happens: the log as CloudEvents, one stream an audience, thin by default."""
