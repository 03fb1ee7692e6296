# What the bases of the Dockerfile beside this one are replaced by where nothing can be pulled: Debian 12 made by
# debootstrap, with this machine's own Rust, Go and authorities. For `make images-check` only; nothing made here is shipped.
# Its context is a folder that the check fills; bases.py beside it tells with what.

# The second target, once it is made: its context holds no Debian.
ARG RUST_STANDIN=rust

FROM scratch AS debian
ADD debian.tar /
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt


FROM debian AS rust
# What stands in for a moving image moves with its distribution.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential cmake pkg-config libssl-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
ADD rust.tar /usr/local
ENV CARGO_HOME=/usr/local/cargo


FROM debian AS golang
ADD go.tar /usr/local/go
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GOPATH=/go


FROM debian AS python
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*


# The packages that distroless takes for its cc image, unpacked: no shell, no package manager.
FROM debian AS packages
WORKDIR /packages
RUN apt-get update \
    && apt-get download base-files netbase tzdata libc6 libgcc-s1 libgomp1 libssl3 libstdc++6 \
    && for package in ./*.deb; do dpkg-deb --extract "$package" /runtime || exit 1; done \
    && install -D -m 0644 -t /runtime/etc/ssl/certs /etc/ssl/certs/ca-certificates.crt \
    && printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > /runtime/etc/passwd

FROM scratch AS runtime
COPY --from=packages /runtime /
USER 65532:65532


# Programs that were compiled outside; their folder is the context of this target.
FROM ${RUST_STANDIN} AS programs
WORKDIR /built
COPY . ./
RUN install -D --strip -t /programs farol-gateway farol-worker farolctl \
    && install -D -t /libraries /usr/lib/*-linux-gnu/libssl.so.3 /usr/lib/*-linux-gnu/libcrypto.so.3 /usr/lib/*-linux-gnu/libz.so.1 \
    && install -D -t /authorities /etc/ssl/certs/ca-certificates.crt
