# For several platforms at once:
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=$(cat VERSION) --build-arg REVISION=$(git rev-parse HEAD) .
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH make build

# Mount the spool directory read-only. The user must be allowed to read it: nobody (65534) usually is
# not; give --user and --group-add of one who is. The live process behind a prof.log is seen with
# --pid=host only.
FROM scratch
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="bro_exporter" \
      org.opencontainers.image.description="Prometheus exporter for the prof.log of Bro and Zeek" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /src/bro_exporter /src/proftool /bin/
# Busybox under the name of wget is wget and nothing else: all that a health check needs.
COPY --from=busybox:1.37-musl /bin/wget /bin/wget
USER 65534:65534
EXPOSE 10147
# With TLS or another address, give your own: --health-cmd.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/bin/wget", "-q", "-O", "/dev/null", "http://localhost:10147/-/healthy"]
ENTRYPOINT ["/bin/bro_exporter"]
