"""A mock exchange that speaks Binance USDⓈ-M futures and fails the way an overloaded gateway fails.

`engine` keeps orders and money, `gateway` decides who gets in, `wire` speaks HTTP.
Neither engine nor gateway does I/O or reads a wall clock; see `clock`.
"""

EXIT_RECORDS_LOST = 74
"""Status of the process when its journal could not be written (EX_IOERR of sysexits.h)."""
PROGRAM = __name__
"""What `python -m` starts; an installed fireexit has this package inside its own."""
