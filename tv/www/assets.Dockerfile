# assets: what browsers get that is not ours, pinned by its hash. An image of its own, so that
# nothing waits for npm but the site.
ARG IMAGES=localhost:5050/tv
FROM ${IMAGES}/uv AS build
# npm with its Node.js from PyPI: Debian's npm is 350 packages.
COPY assets.requirements.lock /tmp/
RUN uv pip install --system --require-hashes --only-binary :all: -r /tmp/assets.requirements.lock
WORKDIR /build
COPY package.json package-lock.json assets ./
RUN npm ci --ignore-scripts --no-audit --no-fund && sh assets /assets

FROM scratch
COPY --from=build /assets/ /
