"""What a load run shows while it is going: counts that add up over workers, and all that is made of them."""
