"""The table of a run, as Markdown, and its place in docs/BENCHMARKS.md."""

import json

from places import ROOT, TARGET

BEGIN, END = "<!-- table: written by tests/bench/run --record -->", "<!-- end of table -->"
TITLES = {
    "b1": "B1 income per user, sorted",
    "b1g": "B1g the same, scattered",
    "b2": "B2 ten SIGKILLs",
    "b8": "B8 100,000 shards",
}


def span(values, digits=2, unit=""):
    low, middle, high = values
    return f"{middle:.{digits}f}{unit} ({low:.{digits}f}–{high:.{digits}f})"


def met(value, goal):
    return "met" if value >= goal else "**missed**"


def income_rows(name, bench):
    fastest = bench["contestants"]["Dyeline"]
    for title, figures in bench["contestants"].items():
        rate = bench["rows"] / figures["seconds"][1] / 1e6
        goal, verdict = bench["goals"].get(title), ""
        if goal:
            verdict = f"≥ {goal}: {met(figures['times_as_fast'][1], goal)}"
        if title == "Polars" and name == "b1":
            share = fastest["peak_mb"] / figures["peak_mb"]
            verdict += f"; memory ≤ 1/5: {share:.2f}, {met(0.2, share)}"
        version = bench["versions"].get(title)
        yield [
            TITLES[name] if title == "Dyeline" else "",
            f"{title} {version}" if version else title,
            span(figures["seconds"], 3),
            f"{rate:.1f}M rows/s",
            f"{figures['peak_mb']:.0f} MB",
            "1" if title == "Dyeline" else span(figures["times_as_fast"]),
            verdict,
        ]


def kill_rows(bench):
    ratio, allowed = bench["bytes_ratio"], bench["allowed"]
    yield [
        TITLES["b2"], f"{bench['rows'] // 1_000_000}M rows, undisturbed", span(bench["undisturbed_s"], 2), "", "",
        span(ratio, 3), f"bytes read ≤ {allowed[1]:.3f}: {met(allowed[1], ratio[1])}; output identical",
    ]


def shard_rows(bench):
    figures = bench["contestants"]["Dyeline"]
    each = bench["us_a_shard"]
    yield [
        TITLES["b8"], "Dyeline", span(figures["seconds"], 3), f"{span(each)} µs a shard", f"{figures['peak_mb']:.0f} MB",
        "", f"≤ 5 µs: {met(5, each[1])}; < 500 MB: {met(500, figures['peak_mb'])}",
    ]


def table(results):
    """The whole table, with the machine above it and the conditions below."""
    machine = results["machine"]
    lines = [
        f"{machine['date']}, commit {machine['commit']}; {machine['cores']} cores of {machine['cpu']}, "
        f"{machine['memory_gb']} GB, Linux {machine['kernel']}.",
        "",
        "| bench | who | seconds, median (range) | rate | peak memory | Dyeline is × as fast | goal |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    notes = []
    for name, bench in results["benches"].items():
        if "void" in bench:
            lines.append(f"| {TITLES[name]} | void | | | | | {bench['void'].splitlines()[0]} |")
            continue
        rows = {"b2": kill_rows, "b8": shard_rows}.get(name)
        rows = rows(bench) if rows else income_rows(name, bench)
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        if "thrown_away" in bench:
            low, middle, high = bench["fsync_us"]
            notes.append(
                f"{name.upper()}: {bench['rounds']} rounds kept, {bench['thrown_away']} thrown away; "
                f"fsync {middle} µs ({low}–{high})."
            )
        else:
            notes.append(
                f"{name.upper()}: {bench['rounds']} rounds of {bench['kills'][0]} kills; with ten SIGTERMs "
                f"{bench['sigterm_bytes_ratio']:.3f}× the bytes."
            )
    return "\n".join([*lines, "", *notes])


def record(results):
    """Replaces the table in docs/BENCHMARKS.md, and the figures beside it."""
    page = ROOT / "docs" / "BENCHMARKS.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}")
    # The checkout's own place says nothing to others.
    figures = json.dumps(results, indent=1).replace(f"{TARGET}", "target/release").replace(f"{ROOT}/", "")
    (ROOT / "docs" / "BENCHMARKS.json").write_text(figures + "\n")
