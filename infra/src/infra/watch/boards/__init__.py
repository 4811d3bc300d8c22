"""Grafana's dashboards as code: what each shows; `render` writes them."""
