"""Build packs: what a guided workshop came to, as one document that can be handed on."""
