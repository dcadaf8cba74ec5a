"""The judge: contracts, verdict, report, evidence. It reads records, anybody's, and imports nothing of ours
but `run_records`. It knows no exchange, no trader and no socket; a venue's codes are names to it, and it goes
by what the records say they meant."""
