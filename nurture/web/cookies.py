"""The session's cookie, signed with the keys of the ring: a new key signs, the old ones verify."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer

from nurture.kernel.tokens import Keyring


class RingSessions(SecureCookieSessionInterface):
    """Flask's own sessions, whose keys may change while the process runs."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session; one that an older key signed is signed anew with this answer."""
        session = super().open_session(app, request)
        number, current = self._keyring.signer()
        older = [key for one, key in self._keyring.all().items() if one != number]
        if session and older:
            cookie = request.cookies.get(self.get_cookie_name(app), "")
            try:
                self._serializer([current]).loads(cookie)
            except BadSignature:
                session.modified = True
        return session

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:  # noqa: ARG002 - Flask's own signature
        """Sign with the current key, take what any key of the ring has signed."""
        number, current = self._keyring.signer()
        older = [key for one, key in self._keyring.all().items() if one != number]
        return self._serializer([*older, current])  # the last one signs

    def _serializer(self, keys: list[bytes]) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            keys,
            salt=self.salt,
            serializer=self.serializer,
            signer_kwargs={
                "key_derivation": self.key_derivation,
                "digest_method": self.digest_method,
            },
        )
