"""How the OAuth toolkit is set: device codes and refreshing, and nothing else.

Tokens are kept as digests. A refresh token serves once, and its second use ends all that came of
it: somebody has a copy. Whatever RFC 9700 advises is enforced.
"""

from oauth.codes import INTERVAL, user_code
from oauth.scopes import SCOPES

SETTINGS = {
    "SCOPES": SCOPES,
    "OAUTH2_BACKEND_CLASS": "oauth.server.Core",
    "OAUTH2_SERVER_CLASS": "oauth.server.Server",
    "OAUTH2_VALIDATOR_CLASS": "oauth.validator.Validator",
    "OAUTH_DEVICE_VERIFICATION_URI": "/device",  # made absolute by oauth/views.py
    "OAUTH_DEVICE_USER_CODE_GENERATOR": user_code,
    "DEVICE_FLOW_INTERVAL": INTERVAL,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 86_400,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}
