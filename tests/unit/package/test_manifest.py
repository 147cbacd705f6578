from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from copias.database.contract import DumpRecord
from copias.errors import Altered, BadConfiguration, BadInput
from copias.package import (
    MailboxFacts,
    Proof,
    ProofLevel,
    check_signature,
    generate_key,
    load_key,
    load_trusted,
    public_path,
    read_manifest,
    sign_manifest,
    verify_package,
)
from copias.package.canonical import parse_strictly, to_canonical
from copias.package.facts import DumpFacts
from copias.package.schema import PATH, schema_text

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(plain)
def test_canonical_form_reads_back_and_is_one(value) -> None:
    content = to_canonical(value)

    assert parse_strictly(content) == value
    assert to_canonical(parse_strictly(content)) == content


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers(), min_size=2))
def test_canonical_form_ignores_the_order_of_keys(value) -> None:
    assert to_canonical(dict(reversed(value.items()))) == to_canonical(value)


def test_canonical_form_is_what_the_documentation_says() -> None:
    assert to_canonical({"b": [1, True, None], "a": 'ñ"\n'}) == '{"a":"ñ\\"\\n","b":[1,true,null]}'.encode()


@pytest.mark.parametrize("value", [1.5, float("nan"), {1: "a"}, b"x", "\ud800", [{"a": {"b": 0.0}}]])
def test_what_has_no_canonical_form_is_refused(value) -> None:
    with pytest.raises(BadInput):
        to_canonical(value)


@pytest.mark.parametrize("content", [b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1.0}', b"\xff", b"", b"[" * 100_000])
def test_json_with_two_meanings_is_refused(content) -> None:
    with pytest.raises(BadInput):
        parse_strictly(content)


def test_schema_in_the_repository_is_that_of_the_model() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text(), "run: python -m copias.package.schema"


def test_schema_accepts_what_the_program_writes(draft, key) -> None:
    schema = json.loads(PATH.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    validator.validate(json.loads(draft.to_json()))
    validator.validate(json.loads(sign_manifest(draft, key).to_json()))


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 4},
        {"extra": 1},
        {"previous_ledger_hash": "x"},
        {"counts": {"rows": -1}},
        {"case": None},
        {"dump": {"engine": "x"}},
    ],
)
def test_schema_and_model_refuse_the_same(draft, change) -> None:
    data = {**json.loads(draft.to_json()), **change}
    validator = jsonschema.Draft202012Validator(json.loads(PATH.read_text(encoding="utf-8")))

    with pytest.raises(jsonschema.ValidationError):
        validator.validate(data)
    with pytest.raises(BadInput):
        read_manifest(json.dumps(data).encode())


def test_manifest_reads_back(draft, key, trusted) -> None:
    signed = sign_manifest(draft, key)

    read = read_manifest(signed.to_json())

    assert read == signed
    assert check_signature(read, trusted) == key.key_id


def test_record_of_a_dump_goes_in_and_comes_out(dump_record) -> None:
    record = DumpRecord.from_dict(dump_record)

    facts = DumpFacts.model_validate(record.to_dict())

    assert facts.model_dump(mode="json", by_alias=True) == record.to_dict()


def test_times_are_written_in_utc(draft) -> None:
    bogota = timezone(timedelta(hours=-5))
    times = draft.times.model_copy(update={"sealed": draft.times.sealed.astimezone(bogota)})

    written = json.loads(draft.with_facts(times=times.model_dump()).to_json())

    assert written["times"]["sealed"] == "2026-11-20T13:05:30Z"


def test_naive_time_is_refused(draft) -> None:
    with pytest.raises(ValidationError):
        draft.with_facts(times={"started": "2026-11-20T13:05:30", "sealed": "2026-11-20T13:05:30Z"})


def test_newer_version_is_refused_by_its_number(draft) -> None:
    data = {**json.loads(draft.to_json()), "schema_version": 4}

    with pytest.raises(BadInput, match="dice 4, se conocen de la 1 a la 3"):
        read_manifest(json.dumps(data).encode())


@pytest.mark.parametrize("content", [b"[]", b"null", b'"x"', b'{"schema_version": true}', b"{}"])
def test_what_is_no_manifest_is_refused(content) -> None:
    with pytest.raises(BadInput):
        read_manifest(content)


def test_missing_field_is_refused_even_when_it_has_a_default(draft) -> None:
    data = json.loads(draft.to_json())
    del data["period"]

    with pytest.raises(BadInput, match="le faltan campos"):
        read_manifest(json.dumps(data).encode())


@pytest.mark.parametrize(
    "change", [{"store": "otra"}, {"counts": {"tables": 2, "rows": 1204}}, {"previous_ledger_hash": "1" * 64}]
)
def test_any_change_breaks_the_signature(draft, key, trusted, change) -> None:
    data = {**json.loads(sign_manifest(draft, key).to_json()), **change}

    with pytest.raises(Altered, match="no corresponde"):
        check_signature(read_manifest(json.dumps(data).encode()), trusted)


def test_new_facts_drop_the_signature(draft, key, trusted) -> None:
    signed = sign_manifest(draft, key).with_facts(proof=Proof.at(ProofLevel.RESTORED))

    assert signed.proof.text == "probada por restauración"
    with pytest.raises(Altered, match="no está firmado"):
        check_signature(signed, trusted)


def test_signature_of_a_stranger_is_not_trusted(draft, trusted, tmp_path) -> None:
    stranger = generate_key(tmp_path / "k.pem")

    with pytest.raises(Altered, match="no es de confianza"):
        check_signature(sign_manifest(draft, stranger), trusted)


def test_key_file_is_private_and_never_replaced(tmp_path) -> None:
    path = tmp_path / "keys" / "k.pem"
    made = generate_key(path)

    with pytest.raises(BadConfiguration, match="ya existe"):
        generate_key(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path).key_id == made.key_id
    assert list(load_trusted([public_path(path)])) == [made.key_id]
    assert sorted(file.name for file in path.parent.iterdir()) == ["k.pem", "k.pem.pub"]


def test_key_that_others_can_read_is_refused(tmp_path) -> None:
    generate_key(tmp_path / "k.pem")
    (tmp_path / "k.pem").chmod(0o640)

    with pytest.raises(BadConfiguration, match="0640"):
        load_key(tmp_path / "k.pem")


@pytest.mark.parametrize(
    "content", [b"", b"no es una llave", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_broken_key_is_refused(tmp_path, content) -> None:
    path = tmp_path / "k.pem"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(BadConfiguration, match=r"k\.pem"):
        load_key(path)
    with pytest.raises(BadConfiguration, match=r"k\.pem"):
        load_trusted([path])


def test_key_does_not_print_itself(tmp_path) -> None:
    assert "private" not in repr(generate_key(tmp_path / "k.pem")).lower()


DATA = Path(__file__).parent / "data"
"""A package that the program sealed when version 1 was the newest."""


def test_manifest_of_version_1_reads_back_byte_for_byte_and_its_signature_holds() -> None:
    content = (DATA / "sinfa-1234.zip.manifest.json").read_bytes()

    manifest = read_manifest(content)

    assert manifest.schema_version == 1
    assert manifest.to_json() == content
    assert check_signature(manifest, load_trusted([DATA / "sinfa-1234.pub"]))


def test_package_of_version_1_is_still_sound() -> None:
    manifest = read_manifest((DATA / "sinfa-1234.zip.manifest.json").read_bytes())

    with (DATA / "sinfa-1234.zip").open("rb") as stream:
        assert verify_package(stream, manifest, load_trusted([DATA / "sinfa-1234.pub"])) == ()


def test_proven_manifest_of_version_1_stays_one(key, trusted) -> None:
    manifest = read_manifest((DATA / "sinfa-1234.zip.manifest.json").read_bytes())

    proven = sign_manifest(manifest.with_facts(proof=Proof.at(ProofLevel.RESTORED)), key)

    assert read_manifest(proven.to_json()) == proven
    assert check_signature(proven, trusted)
    jsonschema.validate(json.loads(proven.to_json()), json.loads(PATH.with_name("manifest-1.schema.json").read_text()))


@pytest.mark.parametrize("field", [{"mailbox": None}, {"parts": []}, {"messages": None}])
def test_version_1_has_no_newer_fields(field) -> None:
    data = {**json.loads((DATA / "sinfa-1234.zip.manifest.json").read_bytes()), **field}

    with pytest.raises(BadInput):
        read_manifest(json.dumps(data).encode())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json.loads(PATH.with_name("manifest-1.schema.json").read_text()))


def test_manifest_of_version_2_stays_one(draft, key, trusted) -> None:
    manifest = sign_manifest(draft.with_facts(schema_version=2), key)

    data = json.loads(manifest.to_json())

    assert "delivered" not in data
    assert read_manifest(manifest.to_json()) == manifest
    assert check_signature(manifest, trusted)
    jsonschema.validate(data, json.loads(PATH.with_name("manifest-2.schema.json").read_text()))


def test_newer_facts_are_refused_in_version_1() -> None:
    manifest = read_manifest((DATA / "sinfa-1234.zip.manifest.json").read_bytes())

    with pytest.raises(ValidationError, match="no tiene mailbox"):
        manifest.with_facts(mailbox=MailboxFacts(account="ana@villanueva.example"))
