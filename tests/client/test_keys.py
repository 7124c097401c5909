"""What a person pastes as a key."""

import pytest

from itg.client.connection import sendable_key
from itg.client.errors import ClientError, InvalidKeyError


def test_space_around_a_pasted_key_is_not_part_of_it() -> None:
    assert sendable_key(" itg_abc\r\n") == "itg_abc"


@pytest.mark.parametrize("pasted", ["itg_a\x00b", "itg_a b", "itg_ä", "itg_a\nb"])
def test_what_can_be_no_key_is_refused_without_being_shown(pasted: str) -> None:
    with pytest.raises(InvalidKeyError) as refused:
        sendable_key(pasted)
    assert isinstance(refused.value, ClientError)
    assert pasted not in str(refused.value)
