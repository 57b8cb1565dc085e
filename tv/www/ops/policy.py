"""What pages may load (Content-Security-Policy): nothing inline, nothing from elsewhere."""

from csp.constants import NONE, SELF
from csp.decorators import csp_update

DIRECTIVES = {
    "default-src": [NONE],
    "img-src": [SELF],
    "style-src": [SELF],
    "script-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}

plays = csp_update({"media-src": [SELF, "blob:"], "worker-src": [SELF, "blob:"]})
"""For views with a player: Media Source Extensions and hls.js's worker come as `blob:`."""
