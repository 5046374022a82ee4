"""How a window and a script's process find each other on this machine, and who is let in."""
