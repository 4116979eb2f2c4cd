# Alertmanager as `make` has built it, for a cluster that pulls no images.
FROM scratch
COPY alertmanager /bin/alertmanager
USER 65534:65534
ENTRYPOINT ["/bin/alertmanager"]
