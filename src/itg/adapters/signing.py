"""Ed25519 signatures (Bernstein and others, 2011; RFC 8032), by a library that others audit."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from itg.kernel.errors import ConfigurationError

KEY_BYTES = 32


class SigningKey:
    """A private key, made of 32 secret bytes; equal bytes give equal signatures."""

    def __init__(self, secret_hex: str, place: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(_bytes_of(secret_hex, place))

    @property
    def public_key(self) -> str:
        """Return what others check signatures with: 32 bytes in hexadecimal."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a message's signature."""
        return self._key.sign(message)


def is_signed(message: bytes, signature: bytes, public_key: str) -> bool:
    """Tell whether the holder of a key signed exactly this message.

    `ConfigurationError` unless the key is 32 bytes in hexadecimal.
    """
    key = Ed25519PublicKey.from_public_bytes(_bytes_of(public_key, "the public key"))
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _bytes_of(text: str, place: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{place} is not {KEY_BYTES} bytes in hexadecimal")
    return key
