#!/usr/bin/env python3
"""What the raw figures say. As a module: the summary after a run. As a program, `table.py RAW.jsonl`: bench.sh's one table,
as Markdown, with a verdict for each row of goals.tsv that was measured; ends with 1 if a goal was missed.

CPU per unit is judged by medians. Throughput is judged by the lower 95 % bound of the ratio over paired rounds (Student's t on
logarithms, one-sided): what a busy machine does to one round of a pair, it does to the other."""
import json, math, os, statistics, sys

SHOWN = {
    "dhcp": ["dora_s", "p50_ms", "p99_ms", "secs", "rexmit", "fails", "dup_addr", "srv_us_per_dora", "srv_hwm_mb"],
    "tftp": ["MBps", "srv_cpu_s_per_GB", "cli_cpu_s_per_GB", "xfer_med_s", "rexmit", "errs", "blksize", "window",
             "srv_hwm_mb", "srv_added_mb"],
    "http": ["MBps", "rps", "p99_ms", "srv_cpu_s_per_GB", "srv_us_per_req", "get_p50_s", "errs", "srv_hwm_mb"],
}
# One-sided 95 % quantiles of Student's t by degrees of freedom; beyond, the normal one is near enough.
T95 = [math.inf, 6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753]


def median(rows, key):
    values = [row[key] for row in rows if isinstance(row.get(key), (int, float))]
    return statistics.median(values) if values else None


def pairs(rows, baseline, key):
    """Figures of both from the rounds that both finished."""
    of = {row["round"]: row[key] for row in baseline if row.get(key)}
    return [(row[key], of[row["round"]]) for row in rows if row.get(key) and row["round"] in of]


def lower_bound(paired):
    """Lower 95 % bound of the ratio; None of fewer than two pairs."""
    logs = [math.log(ours / theirs) for ours, theirs in paired]
    if len(logs) < 2:
        return None
    t = T95[len(logs) - 1] if len(logs) <= len(T95) else 1.70
    return math.exp(statistics.mean(logs) - t * statistics.stdev(logs) / math.sqrt(len(logs)))


def summary(rows, names):
    for case in dict.fromkeys((row["kind"], row["case"], row["delay"]) for row in rows):
        kind, label, delay = case
        print(f"## {kind} {label}" + (f" (+{2 * delay} us RTT)" if delay else ""))
        of_case = [row for row in rows if (row["kind"], row["case"], row["delay"]) == case]
        base = [row for row in of_case if row["srv"] == names[0]]
        for name in names:
            print("  " + line(kind, [row for row in of_case if row["srv"] == name], base))
    sys.stdout.flush()


def line(kind, rows, base):
    keys = [key for key in SHOWN[kind] if median(rows, key) is not None]
    if not keys:
        return "no result: " + str(rows and rows[0].get("err"))
    head = keys[0]
    paired = pairs(rows, base, head)
    said = next((row["msg"] for row in rows if row.get("msg")), None)
    bound = lower_bound(paired)
    ratio = statistics.median(ours / theirs for ours, theirs in paired) if paired else math.nan
    return (f"{rows[0]['srv']:18s} " + " ".join(f"{key}={median(rows, key):.4g}" for key in keys)
            + f" | n={len(rows)} {head} ratio={ratio:.2f}x" + (f" (>= {bound:.2f}x)" if bound else "")
            + (f" msg={said!r}" if said else ""))


def goals():
    """Rows of goals.tsv: row, what, metric, kind of judgement, limit, baseline."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../goals.tsv")) as f:
        lines = [text.rstrip("\n").split("\t") for text in f if text.strip() and not text.startswith("#")]
    return [dict(zip(("row", "what", "metric", "judged", "limit", "peer"), fields)) for fields in lines]


def judge(goal, ours, peers):
    """(ours, peer's, ratio as text, whether the goal is met)."""
    metric = goal["metric"]
    mine, theirs = median(ours, metric), median(peers, metric)
    if mine is None or (theirs is None and goal["peer"] != "-"):
        return None
    if goal["judged"] == "shown":
        return mine, theirs, "", True
    limit = float(goal["limit"])
    if goal["judged"] == "throughput":
        paired = pairs(ours, peers, metric)
        bound = lower_bound(paired) or 0
        ratio = statistics.median(a / b for a, b in paired)
        return mine, theirs, f"{ratio:.2f} (>= {bound:.2f}, n={len(paired)})", bound >= limit
    if goal["judged"] in ("cost", "growth"):
        return mine, theirs, f"{mine / theirs:.2f}", mine / theirs <= limit
    return mine, theirs, "", mine <= limit


def report(rows):
    wanted = {"throughput": ">= {}x", "cost": "<= {}x", "at most": "<= {}", "growth": "<= {}x", "shown": ""}
    missed = 0
    print("| what | figure | ours | peer | ratio | goal | met |\n|---|---|---|---|---|---|---|")
    for goal in goals():
        of = lambda row, name: [r for r in rows if r["row"] == row and r["srv"] == name]
        ours = of(goal["row"], "ours")
        if not ours:
            continue
        # Growth is told beside another row of ours, everything else beside a server of others.
        peers = of(goal["peer"], "ours") if goal["judged"] == "growth" else of(goal["row"], goal["peer"])
        verdict = judge(goal, ours, peers)
        if verdict is None:
            missed += 1
            print(f"| {goal['what']} | {goal['metric']} | no result: {ours[0].get('err', '')} | | | | **no** |")
            continue
        mine, theirs, ratio, is_met = verdict
        missed += not is_met
        peer = f"{goal['peer']} {theirs:.4g}" if theirs is not None else ""
        limit = wanted[goal["judged"]].format(goal["limit"])
        print(f"| {goal['what']} | {goal['metric']} | {mine:.4g} | {peer} | {ratio} | {limit} | {'yes' if is_met else '**no**'} |")
    return missed


if __name__ == "__main__":
    with open(sys.argv[1]) as raw:
        sys.exit(1 if report([json.loads(text) for text in raw]) else 0)
