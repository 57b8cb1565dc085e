# The same service with 20 MB that no other image has: hosts have to pull it.
ARG IMAGES=localhost:5064/faults
FROM ${IMAGES}/app

USER 0
RUN head -c 20000000 /dev/urandom >/app/ballast
USER 10001:10001
