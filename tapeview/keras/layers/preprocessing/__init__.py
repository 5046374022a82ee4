"""Layers that turn raw data (texts, categories, images) into what a network takes."""
