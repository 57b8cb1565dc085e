"""Work for the queue."""

from smtplib import SMTPException

from celery import shared_task

from ops.named import Named
from viewers import mail


@shared_task(
    base=Named,
    autoretry_for=(SMTPException, OSError),
    retry_backoff=5,
    retry_backoff_max=90,
    max_retries=5,
)
def mail_reset(email: str, origin: str, brand: str, language: str) -> bool:
    """Done twice, there are two mails, of which the later one used tells that it is used up."""
    return mail.reset(email, origin, brand, language)
