"""What every program needs to run. Imports nothing here: `ending` comes before what takes long to import."""
