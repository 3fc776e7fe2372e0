"""Guided workshops: ten steps from a question about people to a build pack, worked on by members with roles."""
