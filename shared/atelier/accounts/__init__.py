"""People: their profiles, rights and bans."""
