"""read_tensorboard.py FOLDER: the scalars of a folder of event files as JSON, {tag: [[step, value], ...]}.

A value that is not finite is null, as JSON has no other way to write it.
"""

import json
import math
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

if len(sys.argv) != 2:
    sys.exit(__doc__)
# By default a sample of the scalars is kept; 0 keeps all.
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
scalars = {
    tag: [[e.step, e.value if math.isfinite(e.value) else None] for e in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]
}
print(json.dumps(scalars))
