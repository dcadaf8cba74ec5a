"""What Grafana and Prometheus need to watch a run; dashboards are made by `grafana.boards`."""
