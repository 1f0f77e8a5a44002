"""The bar chart of a run: SVG, readable on light and dark ground, from nothing but text."""

from html import escape

from report import LABELS

WIDTH, ROW, LEFT, TOP = 760, 26, 250, 62

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: #59636e }
.bar { fill: #8c959f } .ours { fill: #0969da } .bare { fill: #1a7f37 }
.line { stroke: #1a7f37; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 }
  .bar { fill: #656c76 } .ours { fill: #4493f8 } .bare { fill: #3fb950 }
  .line { stroke: #3fb950 }
}
"""


def draw(result):
    """How many times bare Flask each contestant takes for the accepted POST."""
    ratios = {name: cases["b"][1] for name, cases in result["table"].items()}
    bars = sorted((ratio, name) for name, ratio in (ratios | {"bare_flask": 1.0}).items())
    names = ("Flask", "jsonschema", "jsonschema_rs")
    known = {n: v for versions in result["versions"].values() for n, v in versions.items()}
    versions = ", ".join(f"{name} {known[name]}" for name in names if name in known)
    height = TOP + ROW * len(bars) + 30
    # Beyond this, a bar is cut off: the long ones would leave nothing of the others.
    most = max([ratio for ratio, _ in bars if ratio <= 10] or [1.0])
    scale = (WIDTH - LEFT - 90) / most
    said = f"POST with token, role, scope and schema: {result['date']}, Python {result['python']}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(said)}">',
        f"<style>{STYLE}</style>",
        '<text class="title" x="12" y="24">A checked POST, in multiples of the bare app</text>',
        f'<text class="small" x="12" y="42">CPU time; token, role, scope, a schema of 12 '
        f"properties. {result['date']}, Python {result['python']}, {escape(versions)}</text>",
    ]
    for at, (ratio, name) in enumerate(bars):
        parts += _bar(TOP + at * ROW, ratio, name, scale, most)
    x = LEFT + scale
    parts.append(
        f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 26}"/>'
    )
    note = "less is faster; the dashed line is the app without any check"
    parts.append(f'<text class="small" x="12" y="{height - 8}">{note}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(y, ratio, name, scale, most):
    """One row: label, bar, number."""
    kind = "bare" if name == "bare_flask" else "ours" if name.startswith("statusware") else "bar"
    width = min(ratio, most * 1.06) * scale
    text = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f} (cut off)"
    label = escape(LABELS.get(name, name))
    end = LEFT + width + 6
    anchor = ""
    if ratio > most:
        end, anchor = LEFT + width - 6, ' text-anchor="end"'
    return [
        f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end">{label}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="18" rx="2"/>',
        f'<text x="{end:.1f}" y="{y + 15}"{anchor}>{text}</text>',
    ]
