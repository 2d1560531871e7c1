"""Stands for the AWS CLI: `aws SERVICE OPERATION --option VALUE ...`, by the models of the services
that the CLI has its options from."""

import json
import pathlib
import sys

import boto3
import jmespath
from botocore import xform_name


def options(words):
    """The values of each option, by its name."""
    given = {}
    for word in words:
        if word.startswith("--"):
            values = given.setdefault(word[2:], [])
        else:
            values.append(word)
    return given


def argument(shape, values):
    """What an option's values say, in the form that its shape has."""
    if shape.type_name == "list":
        return values
    [value] = values
    if value.startswith("file://"):
        return pathlib.Path(value[len("file://") :]).read_text()
    return value


def main(service, operation, *words):
    client = boto3.client(service)
    method = operation.replace("-", "_")
    name = client.meta.method_to_api_mapping[method]
    members = client.meta.service_model.operation_model(name).input_shape.members
    known = {xform_name(member, "-"): member for member in members}
    given = options(words)
    query = given.pop("query", ["@"])[0]
    form = given.pop("output", ["json"])[0]
    arguments = {known[name]: argument(members[known[name]], values) for name, values in given.items()}
    reply = getattr(client, method)(**arguments)
    reply.pop("ResponseMetadata")
    found = jmespath.search(query, reply)
    print(found if form == "text" else json.dumps(found, default=str))


main(*sys.argv[1:])
