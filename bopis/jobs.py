"""The RQ worker: rung, it works off what is due. A job carries nothing but the ring."""

from __future__ import annotations

import logging
import threading

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bopis.bell import QUEUE
from bopis.config import Settings
from bopis.drain import drain
from bopis.logs import start_logging
from bopis.wiring import Service, build

log = logging.getLogger(__name__)
_service: list[Service] = []


def work() -> None:
    """The one job: work off both boxes."""
    drain(_service[0])


def main() -> None:
    """Follow the queue for ever; without Redis, wait for it: the relay works meanwhile."""
    start_logging()
    settings = Settings.from_env()
    _service.append(build(settings))
    pause = threading.Event()
    while True:
        try:
            # Its own patient connection: the bell's gives up after a second, a worker waits long for the next ring.
            connection = redis.Redis.from_url(settings.redis_url, health_check_interval=15)
            # In-process: a fork per ring costs more than the work, and what a crash leaves is found by its lease.
            worker = SimpleWorker(
                [Queue(QUEUE, connection=connection, serializer=JSONSerializer)],
                connection=connection,
                serializer=JSONSerializer,
                worker_ttl=30,
                maintenance_interval=10,
                log_job_description=False,
            )
            worker.work(logging_level="WARNING")
            return
        except (redis.RedisError, OSError) as problem:
            log.warning("no Redis (%s); trying again", type(problem).__name__)
            pause.wait(1.0)


if __name__ == "__main__":
    # Under its real name, so that a rung job finds the service it was built with.
    from bopis import jobs

    jobs.main()
