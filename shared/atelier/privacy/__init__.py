"""What people may ask of what is held about them: to have a copy, and to have it erased."""
