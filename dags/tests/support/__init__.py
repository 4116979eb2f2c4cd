"""What several tests share: small real packages, a real MLflow server, a stub of the serving command line."""
