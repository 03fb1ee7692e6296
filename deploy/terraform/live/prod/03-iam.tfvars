# One Argo CD serves all clusters, from the one of production.
more_secrets = { notifications = "JSON: what Argo CD's notifications sign in with" }
