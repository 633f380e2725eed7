#!/usr/bin/env python3
"""An annotator for Rushes: says where a media file is silent, quiet or loud. Standard library and ffmpeg only.

    rushes annotate --model loudness@1 -- python3 examples/annotators/loudness.py {media}
    rushes search --plan - <<< '{"all":[{"type":"SOUND","label":"silence"}]}'

What an annotator is: any program that takes a media file and prints annotation lines, one JSON object a line
(`rushes schema annotation` says what a line may hold). `asset_id` and `model` may be left out: `rushes annotate` knows
them. Exit code 0 commits all lines as one run, any other none of them.
"""

import array
import json
import math
import subprocess
import sys

RATE = 8000  # Samples a second: loudness needs no more.
STEP_NS = 1_000_000_000  # One measure a second.
SILENT_DB = -60.0
LOUD_DB = -14.0


def samples(path):
    """The sound of the file, one second after the other, as numbers from -32768 to 32767."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-protocol_whitelist", "file", "-i", "file:" + path]
    command += ["-map", "0:a:0", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "pipe:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as ffmpeg:
        while chunk := ffmpeg.stdout.read(RATE * 2):
            second = array.array("h")
            second.frombytes(chunk[: len(chunk) // 2 * 2])
            if sys.byteorder == "big":
                second.byteswap()
            yield second
    if ffmpeg.returncode:
        sys.exit("ffmpeg cannot read the sound of this file")


def decibels(second):
    """The loudness of a second: its root mean square, where 0 is the loudest there is."""
    square = sum(s * s for s in second) / max(len(second), 1)
    return 10 * math.log10(square / 32768**2) if square else -120.0


def word_for(level):
    """The label of a second."""
    if level < SILENT_DB:
        return "silence"
    return "loud" if level > LOUD_DB else "quiet"


def spans(path):
    """Stretches of the same label: (label, first nanosecond, end, mean level)."""
    label, begun, levels, now = None, 0, [], 0
    for second in samples(path):
        level = decibels(second)
        if word_for(level) != label:
            if levels:
                yield label, begun, now, sum(levels) / len(levels)
            label, begun, levels = word_for(level), now, []
        levels.append(level)
        # Whole nanoseconds, from the number of samples: never a sum of fractions.
        now += len(second) * STEP_NS // RATE
    if levels:
        yield label, begun, now, sum(levels) / len(levels)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: loudness.py MEDIA")
    for label, start, end, level in spans(sys.argv[1]):
        line = {
            "type": "SOUND",
            "label": label,
            "time_range": {"start_time_ns": start, "end_time_ns": end},
            "attributes": {"decibels": round(level, 1)},
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
