"""Services whose tasks hold a secret's value since they started."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from aws import Clients, code
from secret import Secret
from settings import Service, Settings

LOG = logging.getLogger("rotation")

# Times are compared that two services wrote, one of them perhaps in whole seconds.
MARGIN = timedelta(seconds=1)
GONE = ("ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException")


class Consumers:
    """Gives services new deployments."""

    def __init__(self, clients: Clients, settings: Settings) -> None:
        self._clients = clients
        self._services = settings.consumers

    def tell(self, secret: Secret) -> int:
        """After a rotation: a new deployment for what is older than the secret's last change."""
        versions = secret.versions()
        services = self._services.get(versions.arn, ())
        since = versions.changed_at
        return self._deploy(services, None if since is None else since + MARGIN)

    def catch_up(self, arn: str) -> int:
        """Any time: a new deployment for whatever is older than the current version."""
        services = self._services.get(arn, ())
        if not services:
            return 0
        secret = Secret(self._clients, arn)
        return self._deploy(services, secret.created_at(secret.versions().current))

    def _deploy(self, services: tuple[Service, ...], since: datetime | None) -> int:
        """How many services got a new deployment. One that fails does not keep others waiting."""
        count, failure = 0, None
        for service in services:
            try:
                count += self._deploy_one(service, since)
            except ClientError as error:
                if code(error) in GONE:
                    LOG.info("%s is not there any more", service.service)
                else:
                    failure = error
        if failure is not None:
            raise failure
        return count

    def _deploy_one(self, service: Service, since: datetime | None) -> bool:
        newest = self._newest_deployment(service)
        if newest is None:
            LOG.info("%s is not active", service.service)
            return False
        if since is not None and newest >= since:
            return False
        self._clients.ecs.update_service(
            cluster=service.cluster, service=service.service, forceNewDeployment=True
        )
        LOG.info("%s gets a new deployment", service.service)
        return True

    def _newest_deployment(self, service: Service) -> datetime | None:
        told = self._clients.ecs.describe_services(
            cluster=service.cluster, services=[service.service]
        )
        for each in told["services"]:
            if each["status"] == "ACTIVE" and each["deployments"]:
                return max(deployment["createdAt"] for deployment in each["deployments"])
        return None
