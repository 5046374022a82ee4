"""Recorded steps worked out again on the engine, from the recording alone: what if, and is this gradient right."""
