"""The demo's command line."""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from workers.demo import scene as stage
from workers.demo.cast import Cast
from workers.demo.lockstep import Lockstep
from workers.demo.scene import BEGINS, Options, Scene
from workers.queues import connect, queue_url
from workers.supervise import Supervisor
from workers.up import children, say
