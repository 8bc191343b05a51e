"""What shoppers are told, how, and whether it arrived."""
