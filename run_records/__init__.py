"""The ground floor: what a run leaves behind, as types. Words, columns, units, terms, goals, file names.

A leaf: it imports nothing of ours and knows no venue. Whoever writes records knows its dialect and says what
an answer *meant* (`words.Meaning`); whoever reads them needs nothing else.

Two encoders write a run's files. msgspec writes and reads the rows (`*.jsonl`) and the small typed documents
(`terms.json`, `goals.json`, `machine.json`): it writes an enum as its value, as a key too, and integers of
any size. orjson writes the documents for people (`run.json`, `verdict.json`, `report.json`): it indents,
refuses keys that are no plain text and integers beyond 64 bits. So documents are built of plain texts, and no
amount is written there in units so small that it could overflow.
"""
