"""What is counted of ended attempts: a collector for each question, and the tally that holds their counts."""
