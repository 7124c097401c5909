from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.runtime.toys import machine

from itg.runtime.fingerprint import PACKAGE, code_fingerprint, header_of, numeric_fingerprint

FloatArray = npt.NDArray[np.float64]


def package(tmp_path: Path) -> Path:
    for name, text in {
        "bank/core/rules.py": "a = 1",
        "bank/core/deep/more.py": "b = 1",
        "bank/contract.py": "c = 1",
        "bank/service.py": "d = 1",
        "kernel/money.py": "e = 1",
        "gateway/app.py": "f = 1",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_change_of_any_rule_changes_the_code_fingerprint(tmp_path: Path) -> None:
    root = package(tmp_path)
    seen = {code_fingerprint(root)}
    for name in ("core/rules.py", "core/deep/more.py", "contract.py", "service.py"):
        (root / "bank" / name).write_text("changed = 1")
        seen.add(code_fingerprint(root))
    (root / "kernel" / "money.py").write_text("changed = 1")
    seen.add(code_fingerprint(root))
    (root / "bank/core/deep/more.py").rename(root / "bank/core/deep/other.py")
    seen.add(code_fingerprint(root))
    assert len(seen) == 7


def test_a_change_outside_the_rules_changes_nothing(tmp_path: Path) -> None:
    root = package(tmp_path)
    before = code_fingerprint(root)
    (root / "gateway/app.py").write_text("changed = 1")
    (root / "bank/core/notes.txt").write_text("no source")
    assert code_fingerprint(root) == before


def test_the_package_itself_has_one_fingerprint() -> None:
    assert (PACKAGE / "kernel" / "money.py").exists()
    header = header_of(machine(), scenario_hash="s")
    assert header == header_of(machine(), scenario_hash="s")
    assert header.nodes == ("bank.0", "bank.1", "herald")
    assert len(header.code_fingerprint) == len(header.numeric_fingerprint) == 64
    assert header.numeric_fingerprint == numeric_fingerprint()


def test_a_vectors_last_bit_changes_the_numeric_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exp = np.exp

    def one_bit_off(values: FloatArray) -> FloatArray:
        results: FloatArray = exp(values)
        results[-1] = np.nextafter(results[-1], 2.0)
        return results

    before = numeric_fingerprint()
    monkeypatch.setattr(np, "exp", one_bit_off)
    assert numeric_fingerprint() != before
