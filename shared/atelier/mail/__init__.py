"""E-mail: what is written to people, in their language and their time, and how it is sent."""
