from fireexit.cli import main

main()
