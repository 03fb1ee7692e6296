"""What makes a board wrong: `rules` reads its JSON, `promql` its queries, `live` asks a running Prometheus."""
