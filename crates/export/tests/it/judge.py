"""Reads files by other people's readers and prints what each clip is: its first frame, its length, its rate."""

import json
import sys

kind, path = sys.argv[1], sys.argv[2]
if kind == "pycmx":
    import pycmx

    with open(path, encoding="utf-8", newline="") as file:
        edl = pycmx.parse_cmx3600(file)
    print(json.dumps([[e.edits[0].source_in, e.edits[0].source_out] for e in edl.events]))
else:
    import opentimelineio as otio

    more = {"rate": float(sys.argv[3])} if kind == "cmx_3600" else {}
    timeline = otio.adapters.read_from_file(path, kind, **more)
    if isinstance(timeline, otio.schema.SerializableCollection):
        timeline = next(t for t in timeline if isinstance(t, otio.schema.Timeline))
    track = timeline.video_tracks()[0]
    clips = [c for c in track if isinstance(c, otio.schema.Clip)]
    ranges = [c.source_range for c in clips]
    print(json.dumps([[r.start_time.value, r.duration.value, r.start_time.rate] for r in ranges]))
