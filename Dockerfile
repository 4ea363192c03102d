# Builds dist/eyas and puts it into an image that has glibc, the usual CA certificates and nothing else.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm ca-certificates
WORKDIR /src
COPY . .
RUN if [ "$(uname -m)" = x86_64 ]; then npm run build -- --baseline; else npm run build; fi
RUN install -D dist/eyas /image/usr/bin/eyas && \
    install -D -m 644 LICENSE /image/usr/share/doc/eyas/LICENSE && \
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt && \
    cp --parents $(ldd dist/eyas | grep -o '/[^ ]*') /image

FROM scratch
COPY --from=build /image /
ENV HOST_ROOT=/host
ENTRYPOINT ["/usr/bin/eyas"]
