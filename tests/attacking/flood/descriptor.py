"""What the onion service's own descriptor says to clients: opened as a client opens it (rend-spec-v3, HS-DESC-ENC).

Python's library has SHA-3 and no AES in counter mode, so openssl does that step. Only the service of the stage is
looked at, and only with what its address gives to everybody.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess

import stem.control
import stem.descriptor.hidden_service as hidden

from tests.attacking.flood.stage import Stage

SALT, MAC, KEY, IV = 16, 32, 32, 16


def offers_proof_of_work(here: Stage) -> bool:
    """Say whether the descriptor that a client has carries the parameters of tor's proof of work."""
    return bool(re.search(r"^pow-params v1 ", inner_layer(here), re.MULTILINE))


def inner_layer(here: Stage) -> str:
    here.visitor().get("/")  # so that this client has the descriptor
    client = here.network.clients[1].controller
    assert isinstance(client, stem.control.Controller)
    address = here.host.removesuffix(".onion")
    outer = hidden.HiddenServiceDescriptorV3.from_str(client.get_info(f"hs/client/desc/id/{address}"))
    blinded = outer.signing_cert.signing_key()
    public = hidden.HiddenServiceDescriptorV3.identity_key_from_address(here.host)
    credential = hashlib.sha3_256(b"credential" + public).digest()
    secret = blinded, hashlib.sha3_256(b"subcredential" + credential + blinded).digest(), outer.revision_counter
    first = _opened(outer.superencrypted, b"hsdir-superencrypted-data", *secret)
    block = first[first.index("-----BEGIN MESSAGE-----") :].split("-----END MESSAGE-----")[0]
    return _opened(block + "-----END MESSAGE-----", b"hsdir-encrypted-data", *secret)


def _opened(block: str, constant: bytes, blinded: bytes, subcredential: bytes, revision: int) -> str:
    text = re.sub(r"-----[A-Z ]+-----", "", block)
    data = base64.b64decode(text)
    salt, sealed, mac = data[:SALT], data[SALT:-MAC], data[-MAC:]
    seed = blinded + subcredential + revision.to_bytes(8, "big") + salt + constant
    stream = hashlib.shake_256(seed).digest(KEY + IV + MAC)
    key, start, mac_key = stream[:KEY], stream[KEY : KEY + IV], stream[KEY + IV :]
    framed = len(mac_key).to_bytes(8, "big") + mac_key + len(salt).to_bytes(8, "big") + salt + sealed
    assert hashlib.sha3_256(framed).digest() == mac, "this is not the descriptor that the address promises"
    command = ["openssl", "enc", "-d", "-aes-256-ctr", "-K", key.hex(), "-iv", start.hex()]
    opened = subprocess.run(command, input=sealed, capture_output=True, check=True).stdout
    return opened.rstrip(b"\0").decode()
