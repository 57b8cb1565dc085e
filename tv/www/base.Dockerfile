# www-base: Python and what the site imports, and nothing else. Rebuilt weekly.
# The final image holds no package manager, no shell tools beyond coreutils, no compiler.
ARG IMAGES=localhost:5050/tv
FROM ${IMAGES}/uv AS build
# Packages whose files make up the runtime; what apt would add for its own sake stays behind.
ENV RUNTIME="base-files coreutils dash media-types netbase tzdata \
    libacl1 libattr1 libbz2-1.0 libc6 libcrypt1 libexpat1 libffi8 libgcc-s1 libgmp10 liblzma5 \
    libpcre2-8-0 libselinux1 libsqlite3-0 libssl3 libuuid1 zlib1g \
    libpython3.11-minimal libpython3.11-stdlib python3-minimal python3.11-minimal"

RUN apt-get update \
 && apt-get install -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io $RUNTIME

COPY requirements.lock /tmp/
RUN uv pip install --require-hashes --only-binary :all: \
    --target /usr/local/lib/python3.11/dist-packages -r /tmp/requirements.lock

COPY trim /tmp/
RUN sh /tmp/trim /rootfs

FROM scratch
COPY --from=build /rootfs/ /
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
CMD ["python3"]
