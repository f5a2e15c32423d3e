"""Users, their roles and sessions, API tokens, and slowing down whoever guesses passwords."""
