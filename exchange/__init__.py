"""What others hear: the only app that machines talk to. Knows every other app."""
