"""How gunicorn runs: threads for waiting, processes for cores, code loaded once."""

from tv import env

bind = f"0.0.0.0:{env.number('PORT', 8000)}"
worker_class = "gthread"
workers = env.number("WEB_CONCURRENCY", 2)
threads = env.number("WEB_THREADS", 4)
preload_app = True
# nginx keeps connections to us open; it must be the side that closes them.
keepalive = 75
timeout = 30
graceful_timeout = env.number("WEB_GRACEFUL_TIMEOUT", 25)
# The heartbeat file must not be on a disk that may be slow or read-only.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
forwarded_allow_ips = "*"
limit_request_line = 4094
accesslog = None
errorlog = "-"
loglevel = "info"
