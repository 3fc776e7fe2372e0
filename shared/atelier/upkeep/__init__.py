"""What is looked at again and again, whatever anybody told: a comparison of what we believe with what is so."""
