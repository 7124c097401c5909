"""The snapshot codec: what a pump keeps of positions beside its journal."""

from itg.positions.store.decode import decode_desk
from itg.positions.store.encode import encode_desk
from itg.positions.store.packing import Packing

__all__ = ["Packing", "decode_desk", "encode_desk"]
