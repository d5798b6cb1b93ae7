FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH make build

# Mount Bro's spool read-only. If nobody (65534) may not read it, run with --user of one who may.
FROM scratch
COPY --from=build /src/bro_exporter /src/proftool /bin/
USER 65534:65534
EXPOSE 10147
ENTRYPOINT ["/bin/bro_exporter"]
