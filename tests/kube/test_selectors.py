"""Label and field selectors against their grammar and against a naive model."""

import pytest
from hypothesis import given, strategies

from roadstead.kube.names import MAX_LABEL
from roadstead.kube.selectors import BadSelector, LabelSelector, Requirement, parse_fields, parse_labels

KEYS = strategies.sampled_from(["a", "b", "in", "notin", "x.io/c"])
VALUES = strategies.sampled_from(["", "1", "2", "10", "v", "in"])
LABELS = strategies.dictionaries(KEYS, VALUES)
OPERATORS = strategies.sampled_from(["=", "==", "!=", "in", "notin", "exists", "!"])


def written(key: str, operator: str, values: list[str]) -> str:
    if operator in ("in", "notin"):
        return f"{key} {operator} ({','.join(values) or ','})"
    if operator in ("exists", "!"):
        return f"{'!' if operator == '!' else ''}{key}"
    return f"{key}{operator}{values[0]}"


def naive(labels: dict[str, str], key: str, operator: str, values: list[str]) -> bool:
    chosen = values if operator in ("in", "notin") else values[:1]
    match operator:
        case "exists":
            return key in labels
        case "!":
            return key not in labels
        case "!=" | "notin":
            return not (key in labels and labels[key] in chosen)
    return key in labels and labels[key] in chosen


@given(LABELS, strategies.lists(strategies.tuples(KEYS, OPERATORS, strategies.lists(VALUES, min_size=1)), max_size=4))
def test_label_selectors_agree_with_the_naive_model(
    labels: dict[str, str], terms: list[tuple[str, str, list[str]]]
) -> None:
    selector = parse_labels(" , ".join(written(*term) for term in terms))
    assert selector.matches(labels) == all(naive(labels, *term) for term in terms)


@pytest.mark.parametrize(
    ("text", "labels", "selected"),
    [
        ("", {}, True),
        ("n>5", {"n": "6"}, True),
        ("n>5", {"n": "5"}, False),
        ("n<5", {"n": "-4"}, True),
        ("n<5", {"n": "many"}, False),
        ("n<5", {}, False),
        ("n>5", {"n": "9" * 30}, False),
        ("a in (,b)", {"a": ""}, True),
        ("a in (,,b)", {"a": ""}, True),
        ("a in (b,)", {"a": ""}, True),
        ("a in ()", {"a": ""}, True),
        ("a in ()", {"a": "b"}, False),
        ("a=", {"a": ""}, True),
        ("a=,b", {"a": "", "b": "x"}, True),
        ("a in (in,notin)", {"a": "notin"}, True),
        (" a\t=\nb ", {"a": "b"}, True),
    ],
)
def test_the_corners_of_the_grammar(text: str, labels: dict[str, str], selected: bool) -> None:
    assert parse_labels(text).matches(labels) is selected


WORD = "unable to parse requirement: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!!", f"{WORD}found '!', expected: identifier"),
        ("!", f"{WORD}found '', expected: identifier"),
        ("=", "found '=', expected: !, identifier, or 'end of string'"),
        ("a b", f"{WORD}found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a=(", f"{WORD}found '(', expected: identifier"),
        ("a in b", f"{WORD}found 'b' expected: '('"),
        ("a in (", f"{WORD}found '', expected: ',', ')' or identifier"),
        ("a in (b", f"{WORD}found '', expected: ',' or ')'"),
        ("a in (b,", f"{WORD}found '', expected: ',', or identifier"),
        ("a in (b c)", f"{WORD}found 'c', expected: ',' or ')'"),
        ("a>x", f"{WORD}values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
    ],
)
def test_a_label_selector_that_cannot_be_parsed_is_told_where(text: str, message: str) -> None:
    with pytest.raises(BadSelector) as wrong:
        parse_labels(text)
    assert wrong.value.message == message


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a/b/c", '<nil>: Invalid value: "a/b/c": a qualified name must consist of'),
        ("a=x@", 'values[0][a]: Invalid value: "x@": a valid label must be'),
        ("a in (b,x@)", 'values[1][a]: Invalid value: "x@": a valid label must be'),
        (
            f"a={'x' * (MAX_LABEL + 1)}",
            f'values[0][a]: Invalid value: "{"x" * 64}": must be no more than 63 characters',
        ),
    ],
)
def test_keys_and_values_must_be_possible_labels(text: str, start: str) -> None:
    with pytest.raises(BadSelector) as wrong:
        parse_labels(text)
    assert wrong.value.message.startswith(WORD + start)


@given(strategies.text(alphabet="ab=!<>(), in/\\.", max_size=20) | strategies.text(max_size=10))
def test_any_text_is_a_selector_or_refused(text: str) -> None:
    for parse in (parse_labels, parse_fields):
        try:
            parse(text)
        except BadSelector:
            continue


def test_a_requirement_can_be_made_by_hand() -> None:
    assert LabelSelector((Requirement("a", "=", frozenset({"b"})),)) == parse_labels("a=b")


def test_a_selector_of_absurd_length_is_refused() -> None:
    with pytest.raises(BadSelector, match="at most"):
        parse_labels("a" * 200_000)


@given(strategies.dictionaries(strategies.sampled_from(["metadata.name", "spec.x", "y"]), strategies.text(max_size=6)))
def test_field_values_survive_escaping(values: dict[str, str]) -> None:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")

    selector = parse_fields(",".join(f"{field}={escaped(value)}" for field, value in values.items()))
    assert {term.field: term.value for term in selector.terms} == values
    assert selector.matches(lambda field: values[field])


@pytest.mark.parametrize(
    ("text", "name", "selected"),
    [
        ("", "web", True),
        ("metadata.name=web", "web", True),
        ("metadata.name==web", "web", True),
        ("metadata.name=web", "app", False),
        ("metadata.name!=web", "app", True),
        ("metadata.name!=web", "web", False),
        (",metadata.name=web,", "web", True),
        ("metadata.name=web,metadata.name=app", "web", False),
    ],
)
def test_field_selectors_compare_texts(text: str, name: str, selected: bool) -> None:
    assert parse_fields(text).matches({"metadata.name": name}.__getitem__) is selected


def test_the_one_value_a_field_can_have_is_known() -> None:
    assert parse_fields("a=b,metadata.name=web").exact("metadata.name") == "web"
    assert parse_fields("metadata.name!=web").exact("metadata.name") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "invalid selector: 'a'; can't understand 'a'"),
        ("b=1,a", "invalid selector: 'b=1,a'; can't understand 'a'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        (r"a=b\x", r"invalid field selector: invalid escape sequence: \x"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_a_field_selector_that_cannot_be_parsed_is_told_why(text: str, message: str) -> None:
    with pytest.raises(BadSelector) as wrong:
        parse_fields(text)
    assert wrong.value.message == message


def test_only_known_fields_can_be_selected_by() -> None:
    selector = parse_fields("spec.unknown=a")
    selector.check(["spec.unknown"])
    with pytest.raises(BadSelector) as wrong:
        selector.check(["metadata.name", "metadata.namespace"])
    assert wrong.value.message == (
        '"spec.unknown" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )
