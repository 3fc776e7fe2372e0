"""Series: workshops that come again by a rule."""
