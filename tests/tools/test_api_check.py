"""`make check` holds the interfaces against those of the last release."""

from pathlib import Path

import msgspec
import pytest
from tools import api


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the interfaces of today as those of a release."""
    monkeypatch.setattr(api, "RELEASED", tmp_path)
    monkeypatch.setattr("sys.argv", ["tools.api", "check"])
    for name, text in api.documents().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_what_is_as_it_was_passes(release: Path) -> None:
    assert {file.name for file in release.iterdir()} == set(api.COMPARE)
    assert api.main() == 0


def test_a_field_that_is_gone_or_narrower_fails(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = release / "openapi.json"
    text = file.read_text(encoding="utf-8")
    document = msgspec.json.decode(text)
    schemas = document["components"]["schemas"]
    # In the release a body told a field that is gone by now.
    schemas["OrderBody"]["properties"]["color"] = {"type": "string"}
    file.write_bytes(msgspec.json.encode(document))
    assert api.main() == 1
    assert "color" in capsys.readouterr().out
    narrowed = msgspec.json.decode(text)
    quantity = narrowed["components"]["schemas"]["PlaceOrderRequest"]["properties"]["quantity"]
    assert quantity["type"] == "integer"
    quantity["type"] = ["integer", "string"]
    file.write_bytes(msgspec.json.encode(narrowed))
    assert api.main() == 1
    assert "quantity" in capsys.readouterr().out


def test_a_release_brings_both_documents_before_it_is_compared(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / "openapi.json").unlink()
    assert api.main() == 0
    assert "openapi.json: no release to compare with yet" in capsys.readouterr().out
