"""What lets traders trade: `runner` steps them; a transport carries their requests, in process
(`simulation`), over asyncio or from Locust."""
