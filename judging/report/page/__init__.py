"""The report as one HTML file: rooms for words, tables and pictures; `page.py` puts them together."""
