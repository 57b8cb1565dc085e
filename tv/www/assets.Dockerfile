# assets: what browsers get that is not ours, pinned by its hash. An image of its own, so that
# nothing waits for npm but the site.
ARG IMAGES=localhost:5050/tv
FROM ${IMAGES}/debian AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json assets ./
RUN npm ci --ignore-scripts --no-audit --no-fund && sh assets /assets

FROM scratch
COPY --from=build /assets/ /
