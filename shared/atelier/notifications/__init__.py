"""What people are told: their inbox, what they want to be told, and how."""
