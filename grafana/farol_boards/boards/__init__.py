"""One module per board; each holds BOARD, whose uid without `farol-` names its file in grafana/dashboards."""
