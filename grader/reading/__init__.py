"""From an answer's text to the statements that it makes, and to the one that answers an item."""
