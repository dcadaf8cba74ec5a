"""How well a bot got out: measures of any account under watch, from a run's records alone."""
