# assets: what browsers get that is not ours, pinned by its hash. An image of its own, so that
# nothing waits for npm but the site.
ARG IMAGES=localhost:5050/tv
FROM ${IMAGES}/debian AS build
# The same line in every image that begins with pip: the builder runs it once for all of them.
RUN apt-get update \
 && apt-get install -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io \
    ca-certificates python3-pip
# npm with its Node.js from PyPI: Debian's npm is 350 packages.
COPY assets.requirements.lock /tmp/
RUN pip install --require-hashes --only-binary :all: --no-compile --no-cache-dir \
    --root-user-action ignore --break-system-packages -r /tmp/assets.requirements.lock
WORKDIR /build
COPY package.json package-lock.json assets ./
RUN npm ci --ignore-scripts --no-audit --no-fund && sh assets /assets

FROM scratch
COPY --from=build /assets/ /
