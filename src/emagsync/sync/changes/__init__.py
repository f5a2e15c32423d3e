"""What a run changed, or a dry run would have, offer by offer; and what a run did otherwise than its preview said."""
