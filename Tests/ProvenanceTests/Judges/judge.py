"""Has the formats' own schemas and readers judge documents: DIRECTORY/{cyclonedx,spdx,provenance}.

CycloneDX: the JSON schema that its Python library carries. SPDX: the validator of the SPDX project's own tools.
Provenance: the generated classes of in-toto's attestation definitions, unknown fields refused.
"""
import json
import sys

directory = sys.argv[1]


def text(name):
    with open(f"{directory}/{name}", encoding="utf-8") as file:
        return file.read()


def cyclonedx():
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text("cyclonedx"))
    return [] if error is None else [repr(error)]


def spdx():
    from spdx_tools.spdx.parser.error import SPDXParsingError
    from spdx_tools.spdx.parser.json.json_parser import parse_from_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    try:
        document = parse_from_file(f"{directory}/spdx")
    except SPDXParsingError as error:
        return list(error.messages)
    return [message.validation_message for message in validate_full_spdx_document(document)]


def provenance():
    from google.protobuf.json_format import ParseDict
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    value = json.loads(text("provenance"))
    statement = Statement.copy_from_pb(ParseDict(value, statement_pb2.Statement()))
    statement.validate()
    ParseDict(value["predicate"], provenance_pb2.Provenance())
    return [] if value["predicateType"] == "https://slsa.dev/provenance/v1" else ["wrong type of predicate"]


problems = []
for judge in (cyclonedx, spdx, provenance):
    try:
        found = judge()
    except Exception as error:  # whatever a reader throws is its verdict
        found = [repr(error)]
    problems += found
    print(judge.__name__, "; ".join(found) or "ok")
sys.exit(1 if problems else 0)
