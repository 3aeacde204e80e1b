"""What a bar gives: both figures, their ratio, and whether it is good enough."""
import dataclasses
import random
import statistics


@dataclasses.dataclass
class Result:
    ours: float
    peer: float
    ratio: float  # how many times as good as the peer, whatever is counted
    goal: float
    unit: str
    note: str = ""
    holds: bool = None  # ratio >= goal, where nothing else is asked

    def __post_init__(self):
        if self.holds is None:
            self.holds = self.ratio >= self.goal


def more_is_better(ours, peer, goal, unit, note=""):
    """Medians of both lists."""
    ours, peer = statistics.median(ours), statistics.median(peer)
    return Result(ours, peer, ours / peer, goal, unit, note)


def less_is_better(ours, peer, goal, unit, note=""):
    ours, peer = statistics.median(ours), statistics.median(peer)
    return Result(ours, peer, peer / ours, goal, unit, note)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def lower_bound(pairs, confidence=0.95, samples=4000):
    """Of the ratio of the medians of pairs (a, b): the bootstrap's one-sided bound."""
    draw = random.Random(1)
    ratios = []
    for _ in range(samples):
        chosen = [draw.choice(pairs) for _ in pairs]
        ratios.append(statistics.median(a for a, _ in chosen) / statistics.median(b for _, b in chosen))
    return percentile(ratios, 1 - confidence)
