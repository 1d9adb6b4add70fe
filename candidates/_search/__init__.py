"""Search: candidates by the hundred, trained on one machine or many, measured on a board."""
