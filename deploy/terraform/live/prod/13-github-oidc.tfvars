repositories = ["example/farol"] # owner/name of the repository
