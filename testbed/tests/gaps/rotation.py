"""Rotates a secret as Secrets Manager asks for it."""

import boto3


def handler(event, context):
    secrets = boto3.client("secretsmanager")
    secret, version = event["SecretId"], event["ClientRequestToken"]
    found = secrets.describe_secret(SecretId=secret)
    assert found["RotationEnabled"] and "AWSPENDING" in found["VersionIdsToStages"][version]
    if event["Step"] == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=version)
        except secrets.exceptions.ResourceNotFoundException:
            secrets.put_secret_value(
                SecretId=secret, ClientRequestToken=version, SecretString="new", VersionStages=["AWSPENDING"]
            )
    if event["Step"] == "testSecret":
        secrets.get_secret_value(SecretId=secret, VersionId=version, VersionStage="AWSPENDING")
    if event["Step"] == "finishSecret":
        stages = found["VersionIdsToStages"]
        current = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current
        )
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=version
        )
