"""One quick HTTP request that answers "does it serve yet?"; knows nothing of what it asks."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

SECONDS = 1.0
# A proxy of the user's must not see, or answer, questions to this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def not_ready(url: str) -> str | None:
    """None if `url` answers 2xx, else the reason in a few words."""
    try:
        with DIRECT.open(url, timeout=SECONDS):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"{url} answers {error.code}"
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return f"{url} does not answer ({reason})"
