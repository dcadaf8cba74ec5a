"""The load: traders, scenarios, the drivers that let them trade, and the verdict on what happened."""
