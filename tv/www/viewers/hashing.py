"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """OWASP's figures: 19 MiB and some 30 ms. With Django's 100 MiB a few who sign in at the same
    moment take a small host's memory."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
