"""What makes the pages and pictures of docs/, and what tries how much the tests are worth. Not installed."""
