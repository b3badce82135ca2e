"""The published contract with head ends: whole, true to the code, and what the stand-in checks every task against."""

from typing import Any, get_args

import pytest

from headend_client.ami.codes import NOT_REACHED, REFUSALS, TaskState
from headend_client.ami.many import MetersResult, WordResult
from headend_client.ami.results import RelayResult, TokenResult, ValuesResult, WalletResult
from headend_client.ami.shapes import Standing, Told
from headend_client.orders import MOST_METERS, RelayWish
from tests.standins.ami_contract import document, faults, must_fit, schema

METHODS = {"get", "put", "post", "delete"}


def nodes(value: object) -> list[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(value, list):
        return [node for each in value for node in nodes(each)]
    if not isinstance(value, dict):
        return []
    return [value, *(node for each in value.values() for node in nodes(each))]


def operations() -> list[dict[str, Any]]:
    return [way for path in document()["paths"].values() for method, way in path.items() if method in METHODS]


def test_it_is_an_openapi_document_whose_references_lead_somewhere() -> None:
    assert document()["openapi"].startswith("3.1.")
    assert set(document()) >= {"info", "paths", "components", "servers", "security"}
    for node in nodes(document()):
        if isinstance(node.get("$ref"), str):
            found: Any = document()
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]


def test_every_operation_has_a_name_answers_and_what_they_look_like() -> None:
    names = [way["operationId"] for way in operations()]
    assert sorted(names) == ["cancelTask", "getStatus", "getTask", "putTask"]
    for way in operations():
        assert {"200", "4XX", "5XX"} <= set(way["responses"])
        for answer in way["responses"].values():
            assert "$ref" in answer["content"]["application/json"]["schema"]
            assert len(answer["headers"]) == 4


def test_its_examples_fit_its_shapes() -> None:
    shown = [node for node in nodes(document()) if "example" in node and "schema" in node]
    assert len(shown) == 2
    for node in shown:
        assert faults(node["schema"], node["example"], "example") == []


def test_its_words_are_those_of_the_code() -> None:
    assert schema("State")["enum"] == [state.value for state in TaskState]
    assert schema("SwitchTask")["properties"]["order"]["properties"]["wish"]["enum"] == [*RelayWish]
    for code in REFUSALS | NOT_REACHED:
        assert code in schema("Code")["description"]


def test_a_task_about_many_is_bounded_as_ours_are() -> None:
    assert schema("ReadFrozenManyTask")["properties"]["meters"]["maxItems"] == MOST_METERS
    assert schema("MetersResult")["properties"]["meters"]["maxProperties"] == MOST_METERS


def test_every_kind_of_task_is_told_apart_by_its_name() -> None:
    mapping = schema("Task")["discriminator"]["mapping"]
    assert [each["$ref"] for each in schema("Task")["oneOf"]] == list(mapping.values())
    for kind, leads in mapping.items():
        assert schema(leads.rpartition("/")[2])["properties"]["kind"] == {"const": kind}


@pytest.mark.parametrize(
    "shape", [WalletResult, RelayResult, TokenResult, ValuesResult, MetersResult, WordResult, Told, Standing]
)
def test_what_we_read_is_what_it_promises(shape: type[Any]) -> None:
    said = schema(shape.__name__)
    assert set(shape.model_fields) <= set(said["properties"])
    for name, field in shape.model_fields.items():
        nullable = type(None) in get_args(field.annotation)
        assert nullable == ("null" in (said["properties"][name].get("type") or [])), name


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"id": "x", "state": "done", "code": "", "result": None}, "does not look right"),
        ({"state": "done"}, "is missing"),
        ({"id": "0b8f1a52-7f5e-4d0e-9c87-6a2f6f1f3b21", "state": "perhaps", "code": "", "result": {}}, "none of the"),
    ],
)
def test_the_check_sees_what_does_not_fit(value: object, wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        must_fit("Told", value)
