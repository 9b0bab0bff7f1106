"""The keys that sign service account tokens: files in one folder, the last by name signs, all of them are believed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from roadstead.auth import secretfile
from roadstead.base.errors import Invalid
from roadstead.base.observe import logger
from roadstead.base.values import Json

FIRST = "0001.pem"
MAX_FILES = 32
MIN_RSA_BITS = 2048
MAX_KEY_FILE = 32 * 1024
Key = ECKey | RSAKey


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys at one moment, by key id. `signer` is the id of the one that signs."""

    keys: dict[str, Key] = field(default_factory=dict, repr=False)
    signer: str = ""

    def sign(self, claims: Json) -> str:
        """A signed token; raises Invalid when no key can sign."""
        key = self.keys.get(self.signer)
        if key is None:
            raise Invalid("there is no key that signs service account tokens")
        algorithm = algorithm_of(key)
        return jwt.encode({"alg": algorithm, "kid": self.signer}, claims, key, algorithms=[algorithm])

    def verified(self, token: str, kid: str) -> Json | None:
        """The claims, when one of the keys signed them with the one algorithm it is for."""
        key = self.keys.get(kid)
        if key is None:
            return None
        algorithm = algorithm_of(key)
        try:
            read = jwt.decode(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None
        right = read.header.get("alg") == algorithm and set(read.header) <= {"alg", "kid", "typ"}
        return read.claims if right and isinstance(read.claims, dict) else None

    def public(self) -> list[Json]:
        """Every key as others may know it (RFC 7517), for `/openid/v1/jwks`."""
        return [
            {**key.as_dict(private=False), "use": "sig", "kid": kid, "alg": algorithm_of(key)}
            for kid, key in self.keys.items()
        ]


def algorithm_of(key: Key) -> str:
    """The one algorithm of a key: what a token says about itself never counts."""
    return "ES256" if isinstance(key, ECKey) else "RS256"


class AccountKeys:
    """A folder of PEM files (P-256 or RSA; a public key believes old tokens without signing new ones)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(folder.glob("*.pem")):
            secretfile.read_or_make(folder / FIRST, _new_key)
        self._stamp: int | None = None
        self._set = KeySet()
        self.current()

    def current(self) -> KeySet:
        """The keys in the folder now. A folder that cannot be read leaves none."""
        try:
            seen = os.stat(self._folder).st_mtime_ns
        except OSError:
            self._stamp, self._set = None, KeySet()
            return self._set
        if seen != self._stamp:
            self._stamp, self._set = seen, self._read()
        return self._set

    def _read(self) -> KeySet:
        keys: dict[str, Key] = {}
        signer = ""
        for file in sorted(self._folder.glob("*.pem"))[-MAX_FILES:]:
            try:
                key = read_key(secretfile.read(file, MAX_KEY_FILE))
            except (OSError, Invalid, ValueError, TypeError) as wrong:
                logger().warning("key left out", file=str(file), why=str(wrong))
                continue
            kid = key.thumbprint()
            keys[kid] = key
            signer = kid if key.is_private else signer
        return KeySet(keys, signer)


def read_key(pem: bytes) -> Key:
    """A key from PEM text; raises Invalid or ValueError when it is none that signs tokens here."""
    found = (
        serialization.load_pem_public_key(pem)
        if b"PUBLIC KEY" in pem
        else serialization.load_pem_private_key(pem, password=None)
    )
    if isinstance(found, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        if not isinstance(found.curve, ec.SECP256R1):
            raise Invalid("an elliptic curve key must be on P-256")
        return ECKey.import_key(pem)
    if isinstance(found, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        if found.key_size < MIN_RSA_BITS:
            raise Invalid(f"an RSA key must have at least {MIN_RSA_BITS} bits")
        return RSAKey.import_key(pem)
    raise Invalid("only P-256 and RSA keys sign tokens")


def _new_key() -> bytes:
    made = ec.generate_private_key(ec.SECP256R1())
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return made.private_bytes(encoding, form, serialization.NoEncryption())
