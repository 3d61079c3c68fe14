"""What every service needs to run: how it begins and ends, its settings, its log, its HTTP server."""
