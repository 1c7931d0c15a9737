from importlib import import_module

import pytest

from campaigns.vocabulary import JobName
from workers.jobs import JOBS


@pytest.mark.parametrize("name", JobName)
def test_every_job_that_can_be_promised_exists(name: JobName) -> None:
    module, _, function = JOBS[name].rpartition(".")

    assert callable(getattr(import_module(module), function))
