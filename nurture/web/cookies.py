"""The session's cookie, signed with the keys of the ring: a new key signs, the old ones verify."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from nurture.kernel.tokens import Keyring


class RingSessions(SecureCookieSessionInterface):
    """Flask's own sessions, whose keys may change while the process runs."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:  # noqa: ARG002 - Flask's own signature
        """Sign with the current key, take what any key of the ring has signed."""
        number, current = self._keyring.signer()
        older = [key for one, key in self._keyring.all().items() if one != number]
        return URLSafeTimedSerializer(
            [*older, current],  # the last one signs
            salt=self.salt,
            serializer=self.serializer,
            signer_kwargs={
                "key_derivation": self.key_derivation,
                "digest_method": self.digest_method,
            },
        )
