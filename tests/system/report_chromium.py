"""What Chromium makes of a report's page: report_chromium.py TRY FOLDER PAGE.html [MORE] -- COMMAND... (which starts Chromium).

Each try opens the page, does what a person would, and compares what is shown with answers of `flowzone`, in CSV, or with what the page has
without its script. The last line says what was tried. SPDX-License-Identifier: GPL-2.0-or-later
"""

import collections
import csv
import functools
import json
import pathlib
import re
import sys
import urllib.parse
import zlib

sys.dont_write_bytecode = True
import html5lib
from chromium import Browser

SI = (1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
BINARY = (1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
XHTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"

# All that a choice, a fold or a unit changes.
STATE = """() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const list = (element, key) => element.dataset[key]?.split(' ').map(Number);
  return {
    hash: location.hash,
    bar: document.getElementById('selection').hidden ? null : document.getElementById('selection').firstChild.textContent +
      document.getElementById('selection').childNodes[1].textContent,
    numbers: all('[data-b]').map(e => [e.dataset.b, e.textContent, e.matches('.digits'), !!e.closest('table')]),
    nodes: all('.node').map(e => ({ c: list(e, 'c'), s: list(e, 's'), dim: e.matches('.dim'), pressed: e.getAttribute('aria-pressed'),
      b: e.querySelector('[data-b]')?.dataset.b, share: e.querySelector('.share')?.textContent })),
    pairs: all('.ribbon, .cell').map(e => ({ c: list(e, 'c'), s: list(e, 's'), dim: e.matches('.dim') })),
    totals: all('.total').map(e => e.dataset.b),
    over: all('.time .scrub').map(e => [e.closest('svg').querySelector('.over').getAttribute('d') || '', +e.dataset.max, +e.dataset.join,
      ...['x', 'y', 'width', 'height'].map(key => +e.getAttribute(key))]),
    shapes: all('.multiples li').map(e =>
      [list(e, 's'), e.querySelector('path').getAttribute('d'), e.querySelector('.peak').textContent]),
    tables: all('table').map(t => ({
      id: t.id, fold: +t.dataset.fold || 0, foot: t.tFoot && !t.tFoot.hidden, more: t.querySelector('.more')?.hidden === false,
      rest: t.querySelector('.rest')?.textContent, others: /other \\(/.test(t.tFoot?.textContent),
      rows: [...t.tBodies[0].rows].map(r => ({
        c: list(r, 'c'), s: list(r, 's'), z: list(r, 'z'), service: r.dataset.service, flag: r.matches('.flag'),
        shown: r.checkVisibility() || !!r.closest('details:not([open])') && !r.hidden, b: r.querySelector('[data-b]')?.dataset.b,
        counts: [...r.querySelectorAll('.conversations, .packets')].map(e => [e.dataset.v, e.textContent]),
      })),
    })),
  };
}"""


def rounded(number, unit):
    return (2 * number + unit) // (2 * unit)


def grouped(number):
    return f"{number:,}".replace(",", "\u202f")


def amount(number, scale=SI):
    """Bytes as three digits and a unit."""
    step, names = scale
    unit, i = 1, 0
    while i + 1 < len(names) and rounded(number, unit) >= (1000 if i else step):
        unit, i = unit * step, i + 1
    if i == 0:
        return grouped(number), names[0]
    for places in (2, 1, 0):
        digits = rounded(number * 10**places, unit)
        if digits < 1000 or places == 0:
            text = str(digits).rjust(places + 1, "0")
            return (f"{text[:-places]}.{text[-places:]}" if places else text), names[i]


def words(number):
    return "\u00a0".join(amount(number))


def shown(number, digits, scale=SI):
    """What an element with data-b has to show."""
    size, unit = amount(number, scale)
    return size + unit.replace("B", "") if digits else f"{size}\u00a0{unit}"


class Failed(Exception):
    pass


def expect(wanted, found, what):
    if isinstance(wanted, list) and len(wanted) == len(found) > 1:
        for i, (one, other) in enumerate(zip(wanted, found)):
            expect(one, other, f"{what}, {i}")
    if wanted != found:
        raise Failed(f"{what}: expected {wanted!r}, found {found!r}")


class Report:
    """A page in the browser, beside the answers that it must agree with."""

    def __init__(self, browser, path, width=1280, fragment="", **look):
        self.path = pathlib.Path(path)
        self.url = self.path.resolve().as_uri()
        self.page = browser.page(width, **look)
        self.page.open(self.url + fragment)
        self.data = json.loads(self.page.run("document.getElementById('data').textContent"))
        self.pairs = [(client, server, int(size), int(flows)) for client, server, size, flows, *_ in self.data["pairs"]]
        self.total = sum(pair[2] for pair in self.pairs)

    def quiet(self):
        expect([], self.page.faults, "console")
        expect([], [url for url in self.page.asked if not url.startswith(self.url)], "addresses asked for")

    def state(self):
        return self.page.run(STATE, None)

    @functools.cache
    def still(self):
        """Shapes of zones by themselves, and their peaks, as the page has them without its script."""
        items = [item for element in static(self.path).iter(XHTML + "ul") if element.get("class") == "multiples" for item in element]
        return [[next(item.iter(SVG + "path")).get("d"), next(text_of(span) for span in item.iter(XHTML + "span") if "peak" in span.get("class").split())]
                for item in items]


def static(path):
    """The page as an HTML parser sees it; any error of the page is one of ours."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=True)
    root = parser.parse(pathlib.Path(path).read_bytes().decode("utf-8"))
    expect([], [(place, code) for place, code, _ in parser.errors], f"errors of {path}")
    return root


def text_of(element):
    return "".join(element.itertext())


def fits(pairs, choice):
    zones, clients, servers = choice
    if zones is not None:
        return [pair for pair in pairs if pair[0] in zones or pair[1] in zones]
    return [pair for pair in pairs if pair[0] in clients and pair[1] in servers]


def within(pairs, element):
    clients, servers = element.get("c"), element.get("s")
    return [pair for pair in pairs if (clients is None or pair[0] in clients) and (servers is None or pair[1] in servers)]


def check_choice(report, choice):
    """All that is shown for a choice, (zones, clients, servers) or None, is what the data say."""
    state, data = report.state(), report.data
    chosen = report.pairs if choice is None else fits(report.pairs, choice)
    size = sum(pair[2] for pair in chosen)
    if choice is None:
        expect(None, state["bar"], "no selection")
    else:
        name = lambda zones: f"{len(zones)} zones" if len(zones) > 2 else ", ".join(data["zones"][zone] for zone in zones)
        who = name(choice[0]) if choice[0] is not None else f"{name(choice[1])} \u2192 {name(choice[2])}"
        share = 100 * size / report.total if report.total else 0
        share = "<1" if size and share < 0.5 else ">99" if size < report.total and share >= 99.5 else str(int(share + 0.5))
        flows = grouped(sum(pair[3] for pair in chosen))
        expect(f"{who}: {words(size)}, {share}\u00a0% of all, in {flows} conversations.", state["bar"], "selection")
    for number, text, digits, _ in state["numbers"]:
        expect(shown(int(number), digits), text, f"text of {number}")
    for node in state["nodes"]:
        own = within(chosen, node)
        expect(not own, node["dim"], f"dimness of {node}")
        if "b" in node:
            expect(sum(pair[2] for pair in own), int(node["b"]), f"bytes of {node}")
        if node["pressed"]:
            expect(choice is not None and choice[0] == (node.get("c") or node.get("s")), node["pressed"] == "true", f"pressed {node}")
    for pair in state["pairs"]:
        expect(not within(chosen, pair), pair["dim"], f"dimness of {pair}")
    for total in state["totals"]:
        expect(size, int(total), "total")
    join, count = data["join"], len(data["times"]) - 1
    if not data["series"] or join > 1 and choice is None:  # of no pairs; or steps that are longer than bins, for a choice alone
        expect(report.still(), [shape[1:] for shape in state["shapes"]], "what does not depend on the choice")
    expect([choice is not None and bool(data["series"])] * len(state["over"]), [path != "" for path, *_ in state["over"]], "the sum over time")
    for line, most, of_bins, x, y, width, height in state["over"] if choice and data["series"] else []:
        n = max(join, of_bins)
        steps = [0] * -(-count // n)
        for pair, series in zip(report.pairs, data["series"]):
            for at, number in zip(series[::2], series[1::2]) if pair in chosen else ():
                steps[at * join // n] += int(number)
        drawn = [[float(number) for number in step] for step in re.findall(r"V([-0-9.]+)H([-0-9.]+)", line)]
        wanted = [[y + height - height * size * of_bins / n / (most or 1), x + width * min(1, (i + 1) * n / count)] for i, size in enumerate(steps)]
        if len(drawn) != len(steps) or any(abs(a - b) > 0.06 for one, other in zip(drawn, wanted) for a, b in zip(one, other)):
            raise Failed(f"the sum over time: {line}, of {steps}")
    for zones, path, peak in state["shapes"] if data["series"] and (choice or join == 1) else []:
        bins = [0] * -(-count // join)
        for pair, series in zip(report.pairs, data["series"]):
            if pair in chosen and pair[1] in zones:
                for at, number in zip(series[::2], series[1::2]):
                    bins[at] += int(number)
        most = max(bins)
        expect(f"peak {words(most)} at {data['times'][bins.index(most) * join]}" if most else "nothing", peak, f"peak of {zones}")
        heights = [float(y) for y in re.findall(r"V([-0-9.]+)", path)]
        if any(abs(50 - 46 * number / (most or 1) - y) > 0.06 for number, y in zip(bins, heights[: len(bins)], strict=True)):
            raise Failed(f"shape of {zones}: {path}, of {bins}")
    zones = None if choice is None else set(choice[0] if choice[0] is not None else choice[1] + choice[2])
    for table in state["tables"]:
        kept = []
        for row in table["rows"]:
            keep = True
            if "service" in row:
                entries = [entry for entry in data["services"][int(row["service"])] if report.pairs[entry[0]] in chosen]
                expect(sum(int(entry[1]) for entry in entries), int(row["b"]), f"bytes of service {row['service']}")
                counts = [sum(int(entry[i]) for entry in entries) for i in (2, 3)]
                expect([[str(n), grouped(n)] for n in counts], row["counts"], f"conversations and packets of service {row['service']}")
                keep = bool(entries)
            elif choice is not None and row.get("c"):
                keep = bool(within(chosen, row))
            elif choice is not None and row.get("z"):
                keep = row["z"][0] in zones
            if keep:
                kept.append(row)
            else:
                expect(False, row["shown"], f"{table['id']}: a row of others")
        if table["foot"] is not None:
            filtered = any(row.keys() & {"c", "z", "service"} for row in table["rows"])
            expect(choice is None or not filtered, table["foot"], f"{table['id']}: its sums")
        rest = 0
        for i, row in enumerate(kept):
            hidden = bool(table["fold"]) and i >= table["fold"] and not row["flag"]
            rest += hidden
            expect(not hidden, row["shown"], f"{table['id']}: row {i} of {len(kept)}")
        if table["fold"]:
            expect(bool(rest), table["more"], f"{table['id']}: show all")
            # What the page never had is said where its sums are not.
            among = f" among the {len(table['rows'])} largest of all" if table["others"] and choice else ""
            whole = ", each with all that it did" if table["id"] in ("hosts", "networks") and choice else ""
            shown_of = f"{len(kept) - rest} of {len(kept)}" if rest else f"{len(kept)}" if among or whole else ""
            expect(shown_of + among + whole, table["rest"].split(";")[0], f"{table['id']}: what is said of the rest")
    return state


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def try_quiet(browser, path):
    """Wide, middle, narrow and dark: nothing in the console, nothing asked for, nothing wider than the window; the policy works."""
    root = static(path)
    texts = [text_of(element) for element in root.iter() if "data-b" in element.attrib]
    report = Report(browser, path)
    for width, dark in ((1280, False), (1280, True), (800, False), (360, False), (320, True)):
        report.page.look(width, dark=dark)
        report.page.open(report.url)
        report.quiet()
        check_choice(report, None)
        # The script writes every number anew: as the program did.
        expect(texts, [number[1] for number in report.state()["numbers"]], "numbers without the script and with it")
        expect(width, report.page.run("document.documentElement.scrollWidth"), "width of the page")
        seen = report.page.run(
            "() => ['wide', 'middle', 'narrow'].map(kind => [...document.querySelectorAll('svg.' + kind)].filter(e => e.checkVisibility()).length)", None
        )
        drawings = len([element for element in root.iter() if "wide" in element.get("class", "").split()])
        wanted = "wide" if width > 1024 else "middle" if width > 700 else "narrow"
        expect([drawings * (kind == wanted) for kind in ("wide", "middle", "narrow")], seen, f"wide, middle and narrow drawings at {width}")
        expect([], report.page.run(CUT, None), f"texts beyond their drawing at {width}")
    # What nobody wrote does not run, and the watch above would see it.
    for attack in (
        "document.body.setAttribute('style', 'color: red')",
        "document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))",
        "document.body.append(Object.assign(document.createElement('img'), { src: 'http://localhost/' }))",
    ):
        report.page.open(report.url)
        report.page.run(f"void ({attack})")
        report.page.run("new Promise(done => setTimeout(done, 100))")
        if not any("Content Security Policy" in fault for fault in report.page.faults) or report.page.run("'ran' in window"):
            raise Failed(f"{attack}: the policy let it pass, or nobody saw")
        report.page.faults.clear()
    return f"{len(texts)} numbers at five sizes"


# Texts of drawings that are seen and end more than a little outside of the drawing: fonts differ.
CUT = """() => [...document.querySelectorAll('svg.wide, svg.middle, svg.narrow')].filter(svg => svg.checkVisibility()).flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const own = text.getBoundingClientRect();
    return own.left < box.left - 6 || own.right > box.right + 6 || own.top < box.top - 6 || own.bottom > box.bottom + 6;
  }).map(text => text.textContent);
})"""


# Texts of drawings that are seen and overlap, or are smaller than 7.5 points: how many there are, and which of them. A text is as high as
# letters are; it may be turned.
LEGIBLE = """() => {
  const found = [];
  let count = 0;
  for (const svg of document.querySelectorAll('svg.wide, svg.middle, svg.narrow')) {
    if (!svg.checkVisibility()) continue;
    const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim()).map(text => {
      const size = parseFloat(getComputedStyle(text).fontSize), { x, width } = text.getBBox(), y = +text.getAttribute('y');
      const to = text.getScreenCTM(), at = (x, y) => [to.a * x + to.c * y + to.e, to.b * x + to.d * y + to.f];
      const box = [at(x, y - .74 * size), at(x + width, y - .74 * size), at(x + width, y + .2 * size), at(x, y + .2 * size)];
      const [xs, ys] = [0, 1].map(i => box.map(corner => corner[i]));
      return { text: text.textContent, px: size * Math.hypot(to.a, to.b), box, around: [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] };
    });
    // Two are apart if a side of one of them has the other one beyond it.
    const beyond = (one, other) => one.box.some(([x, y], i) => {
      const [nx, ny] = one.box[(i + 1) % 4], length = Math.hypot(nx - x, ny - y);
      return other.box.every(([ox, oy]) => ((nx - x) * (oy - y) - (ny - y) * (ox - x)) / length < .5);
    });
    count += texts.length;
    texts.forEach((one, i) => {
      if (one.px < 10) found.push(`${one.px.toFixed(1)} px: ${one.text}`);
      for (const other of texts.slice(i + 1)) {
        const [a, b] = [one.around, other.around];
        if (a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3] && !beyond(one, other) && !beyond(other, one))
          found.push(`${one.text} | ${other.text}`);
      }
    });
  }
  return [count, found];
}"""
# The printed page's 184 mm.
PAPER_PX = 695


def try_legible(browser, path):
    """No text of a drawing is on another, or too small to be read, in any window and on paper, in any unit; nor is a page wider than its window."""
    report, count = Report(browser, path), 0
    units = report.page.run("document.getElementById('units').textContent")
    for i in range(3):
        unit = report.page.run("document.getElementById('units').textContent")
        for width, media in ((1280, ""), (1025, ""), (1024, ""), (701, ""), (700, ""), (360, ""), (320, ""), (PAPER_PX, "print")):
            report.page.look(width, media=media)
            where = f"at {width}{media and ', printed'}, {unit}"
            texts, found = report.page.run(LEGIBLE, None)
            expect([], found[:10], f"texts on others, and small ones, {where}")
            if not media:
                expect(width, report.page.run("document.documentElement.scrollWidth"), f"width of the page {where}")
            count += texts
        report.page.look(1280)
        report.page.click("#units")
    expect(units, report.page.run("document.getElementById('units').textContent"), "units after three clicks")
    report.quiet()
    return f"{count} texts at eight sizes in three units"


def try_matrix(browser, path):
    """Every matrix has the sum of each row and column, whatever its size, and its units are explained."""
    report, count = Report(browser, path), 0
    for width, kind in ((1280, "wide"), (800, "middle"), (360, "narrow")):
        report.page.look(width)
        nodes, total, digits, said = report.page.run(
            """kind => {
              const svg = document.querySelector(`svg.${kind}:has(.cell)`), numbers = text => text?.split(' ').map(Number);
              const seen = text => text?.checkVisibility() ? text.textContent : null;
              return [[...svg.querySelectorAll('.node [data-b]')].map(text => {
                const { c, s } = text.parentNode.dataset;
                return { c: numbers(c), s: numbers(s), text: seen(text), digits: text.matches('.digits') };
              }), seen(svg.querySelector('.total')), [...svg.querySelectorAll('.digits')].map(text => text.textContent),
              svg.closest('section').querySelector('.sub').textContent];
            }""", kind,
        )
        for end in "cs":
            lines = sorted(zone for node in nodes if end in node for zone in node[end])
            expect(sorted({pair[end == "s"] for pair in report.pairs}), lines, f"lines that have sums, {kind}")
        for node in nodes:
            expect(shown(sum(pair[2] for pair in within(report.pairs, node)), node["digits"]), node["text"], f"sum of {node}, {kind}")
        expect(shown(report.total, kind == "narrow"), total, f"sum of all, {kind}")
        for letter in {text[-1] for text in digits if text[-1].isalpha()}:
            expect(True, f"{letter} is {letter}B" in said, f"what {letter} is, {kind}")
        count += len(nodes)
    report.quiet()
    return f"{count} sums at three sizes"


SHAPES = [SVG + shape for shape in ("path", "rect", "text")]


def laid_out_drawings(document, strings):
    """How many paths, rects and texts have room on the screen: of each drawing of a snapshot."""
    nodes, inside, shapes = document["nodes"], {}, []
    rooms = {node: box for node, box in zip(document["layout"]["nodeIndex"], document["layout"]["bounds"]) if box[2] or box[3]}
    for node, (parent, name) in enumerate(zip(nodes["parentIndex"], nodes["nodeName"])):
        inside[node] = inside.get(parent)
        if strings[name].lower() == "svg":
            inside[node] = len(shapes)
            shapes.append(collections.Counter())
        elif strings[name].lower() in ("path", "rect", "text") and node in rooms and inside[node] is not None:
            shapes[inside[node]][strings[name].lower()] += 1
    return shapes


def try_sandbox(browser, path):
    """A host that forbids all: what is left is complete, and the only complaints are of our own style and script."""
    root, page = static(path), browser.page(1280)
    page.call("Fetch.enable", patterns=[{"urlPattern": "*"}])
    headers = [{"name": "Content-Type", "value": "text/html"}, {"name": "Content-Security-Policy", "value": "default-src 'none'; sandbox"}]
    page.serve("http://report.example/", pathlib.Path(path).read_bytes(), headers)
    refusal = r"inline style|inline script|Blocked script execution|ContentSecurityPolicyIssue"
    expect([], [fault for fault in page.faults if not re.search(refusal, fault)], "complaints")
    expect(True, bool(page.faults), "the host's policy works")
    expect(["http://report.example/"], page.asked, "addresses asked for")
    snapshot = page.call("DOMSnapshot.captureSnapshot", computedStyles=["display"])
    document, strings = snapshot["documents"][0], snapshot["strings"]
    laid = "".join(strings[text] for text in document["layout"]["text"] if text >= 0)
    flat = lambda text: re.sub(r"\s+", "", text)
    laid, closed = flat(laid), {element for details in root.iter(XHTML + "details") for element in details.iter()}
    tables = [element for kind in ("td", "th", "h1", "h2", "h3", "p", "dd") for element in root.iter(XHTML + kind) if element not in closed]
    wide = [element for element in root.iter(SVG + "svg") if "wide" in element.get("class", "").split()]
    drawings = [text for drawing in wide for text in drawing.iter(SVG + "text")]
    for element in tables + drawings:
        if flat(text_of(element)) not in laid and not any("hidden" in part.attrib for part in element.iter()):
            raise Failed(f"{text_of(element)!r} is not shown")
    drawn = collections.Counter()
    for drawing, shapes in zip(root.iter(SVG + "svg"), laid_out_drawings(document, strings), strict=True):
        kind = drawing.get("class", "")
        shown = {"middle", "narrow"}.isdisjoint(kind.split())
        wanted = collections.Counter(e.tag.removeprefix(SVG) for e in drawing.iter() if e.tag in SHAPES) if shown else {}
        expect(wanted, shapes, f"shapes of the drawing {kind!r}")
        drawn += shapes
    expect(True, all(drawn[shape] for shape in ("path", "rect", "text")), "there are drawings")
    return f"{len(drawings)} texts of drawings, {len(tables)} cells and paragraphs, {dict(drawn)}"


def try_clicks(browser, path, pairs_csv):
    """Every zone by mouse, ribbons and cells by keyboard: what is shown is what `flowzone top --by zones` sums up to."""
    report = Report(browser, path)
    page, zones = report.page, report.data["zones"]
    numbers = {name: i for i, name in enumerate(zones)}
    answer = {(numbers[row["client_zone"]], numbers[row["server_zone"]]): (int(row["bytes"]), int(row["flows"])) for row in rows_of(pairs_csv)}
    expect(answer, {pair[:2]: pair[2:] for pair in report.pairs}, "pairs of the page, and of flowzone top")
    before, tried = check_choice(report, None), 0
    count = page.run("document.querySelectorAll('.wide .node').length")
    for i in range(count):
        if not page.click(".wide .node", i):
            raise Failed(f"node {i} of the wide drawings is not where its name is")
        node = page.run("i => { const e = document.querySelectorAll('.wide .node')[i]; return (e.dataset.c || e.dataset.s).split(' ').map(Number); }", i)
        check_choice(report, (node, None, None))
        expect("#zone=" + ",".join(zones[zone] for zone in node), urllib.parse.unquote(report.state()["hash"]), "address")
        tried += 1
        page.click(".wide .node", i) if i % 2 else page.key("Escape")
        expect(before, report.state(), "after a second click, or Escape")
    for kind in (".wide .ribbon", ".wide .cell"):
        every = page.run("kind => document.querySelectorAll(kind).length", kind)
        if not every:
            continue
        for i in range(0, every, max(1, every // 12)):
            c, s = page.run(
                """(kind, i) => {
                  const e = document.querySelectorAll(kind)[i];
                  e.focus();
                  return [e.dataset.c, e.dataset.s].map(text => text.split(' ').map(Number));
                }""", kind, i,
            )
            page.key("Enter" if i % 2 else " ")
            check_choice(report, (None, c, s))
            tried += 1
            page.key("Escape")
        # Arrows go from one to the next, and round.
        page.run("kind => document.querySelector(kind).focus()", kind)
        for _ in range(3):
            page.key("ArrowDown")
        at = page.run("kind => [...document.querySelectorAll(kind)].indexOf(document.activeElement)", kind)
        expect(3 % every, at, f"{kind} after arrows")
    if page.run("document.querySelectorAll('.wide .cell').length"):
        page.click(".wide .cell", 0)
        c, s = page.run("['c', 's'].map(key => document.querySelector('.wide .cell').dataset[key].split(' ').map(Number))")
        check_choice(report, (None, c, s))
        page.key("Escape")
    expect(before, report.state(), "in the end")
    report.quiet()
    if not tried:
        raise Failed("nothing to choose")
    return f"{tried} choices of {len(answer)} pairs of {len(zones)} zones"


def try_links(browser, path):
    """Addresses choose: those of the page's own links, and any zone's and pair's."""
    report = Report(browser, path)
    page, zones = report.page, report.data["zones"]
    quote = lambda name: page.run("encodeURIComponent", name)
    tried = 0
    for name in zones[:: max(1, len(zones) // 12)]:
        page.run("hash => void (location.hash = hash)", f"#zone={quote(name)}")
        page.run("new Promise(done => setTimeout(done))")
        check_choice(report, ([zones.index(name)], None, None))
        tried += 1
    for client, server, *_ in report.pairs[:3]:
        again = Report(browser, path, fragment=f"#pair={quote(zones[client])}/{quote(zones[server])}")
        check_choice(again, (None, [zones.index(zones[client])], [zones.index(zones[server])]))
        again.quiet()
        tried += 1
    links = page.run("[...document.querySelectorAll('a[href^=\"#zone\"], a[href^=\"#pair\"]')].map(a => a.getAttribute('href'))")
    for link in links:
        page.run("hash => void (location.hash = hash)", link)
        page.run("new Promise(done => setTimeout(done))")
        ends = [[zones.index(urllib.parse.unquote(name)) for name in end.split(",")] for end in link.split("=")[1].split("/")]
        check_choice(report, (None, *ends) if len(ends) == 2 else (ends[0], None, None))
    for wrong in ("#zone=", "#zone=%", "#zone=nobody", "#pair=", "#pair=/", "#pair=%FF/x", "#zone=__proto__", "#constructor"):
        page.run("hash => void (location.hash = hash)", wrong)
        page.run("new Promise(done => setTimeout(done))")
        expect(None, report.state()["bar"], wrong)
    report.quiet()
    return f"{tried} addresses, {len(links)} links of the page"


def try_services(browser, path, zone, services_csv):
    """Services of a chosen zone are those of `flowzone top --by service --where 'zone ZONE'`."""
    report = Report(browser, path, fragment=f"#zone={zone}")
    report.page.run("document.querySelector('#services .more:not([hidden])')?.click()")
    found = report.page.run(
        """[...document.querySelectorAll('#services tbody tr:not([hidden])')].map(row => [...row.cells].filter(cell => !cell.matches('.bars')).map(cell =>
          cell.dataset.b ?? cell.dataset.v ?? cell.textContent))"""
    )
    wanted = [[row[key] for key in ("service", "bytes", "flows", "packets")] for row in rows_of(services_csv)]
    expect(sorted(wanted), sorted(found), f"services of {zone}")
    return f"{len(found)} services"


def try_gaps(browser, path):
    """The sum of what is chosen is not drawn where no capture was: nothing of its line is above the blank ground there."""
    report, tried = Report(browser, path), 0
    for width in (1280, 360):
        report.page.look(width)
        report.page.click(".wide .node" if width > 700 else ".narrow .node")
        seen = report.page.run(
            """() => [...document.querySelectorAll('svg.time')].filter(svg => svg.checkVisibility()).flatMap(svg => {
              svg.scrollIntoView({ block: 'center' });
              const axis = svg.querySelector('.axis').getBoundingClientRect(), y = (axis.top + axis.bottom) / 2;
              return [...svg.querySelectorAll('.gap')].flatMap(gap => [-.8, 0, .8].map(by => {
                const box = gap.getBoundingClientRect();
                const stack = document.elementsFromPoint((box.left + box.right) / 2, y + by * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
                return stack.map(e => e.matches('.over') ? 'line' : e === gap ? 'gap' : '').filter(kind => kind);
              }));
            })""", None,
        )
        expect([["gap", "line"]] * len(seen), seen, f"what is above what in gaps at {width}")
        tried += len(seen)
        report.page.key("Escape")
    if not tried:
        raise Failed("no gap")
    return f"{tried} places"


def try_small(browser, path):
    """On a small screen numbers come before bars, which are not there, and sentences below tables are whole."""
    report = Report(browser, path)
    for width in (360, 320):
        report.page.look(width)
        seen = report.page.run(
            """() => [...document.querySelectorAll('.table')].filter(e => e.checkVisibility()).map(region => {
              const edge = Math.min(innerWidth, region.getBoundingClientRect().right);
              const words = [...region.querySelectorAll('tfoot [colspan]')].flatMap(cell => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                return [...range.getClientRects()];
              });
              return [region.querySelector('table').id, [...region.querySelectorAll('.bars')].filter(e => e.checkVisibility()).length,
                words.filter(box => box.right > edge).length, words.length];
            })""", None,
        )
        if not any(words for *_, words in seen):
            raise Failed("no sentence")
        expect([[table, 0, 0] for table, *_ in seen], [row[:3] for row in seen], f"bars, and lines of words beyond the window, at {width}")
    report.quiet()
    return f"{len(seen)} tables"


# Texts with IPv4 addresses and networks, or what stands for them, of which one is seen in parts, on more lines than one; and how many there are.
BROKEN = r"""() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange(), broken = [];
  let count = 0;
  for (let node; node = walker.nextNode();)
    if (node.parentElement.checkVisibility())
      for (const { 0: text, index } of node.data.matchAll(/(?<![\w.-])(\d+(\.\d+){3}|ipv4-[0-9a-f]{12})(\/\d+)?(?![\w.-])/g)) {
        range.setStart(node, index);
        range.setEnd(node, index + text.length);
        count++;
        if (new Set([...range.getClientRects()].map(box => box.top)).size != 1) broken.push(text);
      }
  return [count, broken];
}"""


def try_addresses(browser, path):
    """IPv4 addresses and networks stand on one line, in any window and on paper; no page is wider than its window."""
    report, total = Report(browser, path), 0
    report.page.run("document.querySelectorAll('.more').forEach(more => more.hidden || more.click())")
    for width, media in ((1280, ""), (360, ""), (320, ""), (PAPER_PX, "print")):
        report.page.look(width, media=media)
        count, broken = report.page.run(BROKEN, None)
        expect([], broken[:10], f"addresses on more lines than one of {count}, at {width}{media and ', printed'}")
        if not count:
            raise Failed(f"no address at {width}")
        if not media:
            expect(width, report.page.run("document.documentElement.scrollWidth"), f"width of the page at {width}")
        total += count
    report.quiet()
    return f"{total} addresses at four sizes"


def try_copy(browser, path):
    """What copies a command shows below a mouse and with the focus, and always where nothing can hover."""
    report = Report(browser, path)
    page, opacity = report.page, "getComputedStyle(document.querySelector('.command button')).opacity"
    hover = "matchMedia('(hover: hover)').matches"
    expect([True, "0"], [page.run(hover), page.run(opacity)], "beside the mouse")
    page.run("document.querySelector('.command button').focus()")
    expect("1", page.run(opacity), "with the focus")
    page.run("document.activeElement.blur()")
    page.move(*page.run(
        """() => {
          const code = document.querySelector('.command code');
          code.scrollIntoView({ block: 'center' });
          const box = code.getBoundingClientRect();
          return [box.left + 20, (box.top + box.bottom) / 2];
        }""", None,
    ))
    expect("1", page.run(opacity), "below the mouse")
    page.move(2, 2)
    expect("0", page.run(opacity), "beside it again")
    page.touch()
    expect([False, "1"], [page.run(hover), page.run(opacity)], "of a finger")
    report.quiet()
    return "five ways"


def try_tables(browser, path, folder, *answers):
    """Columns sort, tables unfold and copy as CSV; the copies are what `flowzone` answers: TABLE:FILE.csv:HEADING=COLUMN,..."""
    report = Report(browser, path)
    page, tried = report.page, 0
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    before = report.state()
    for table in page.run("[...document.querySelectorAll('table[id]')].map(t => t.id)"):
        values = """(id, i) => [...document.getElementById(id).tBodies[0].rows].map(row => row.cells[i]).map(cell =>
          [cell.dataset.b ?? cell.dataset.v ?? null, cell.textContent])"""
        for i, heading in enumerate(page.run("id => [...document.getElementById(id).tHead.rows[0].cells].map(cell => cell.textContent)", table)):
            if not heading:
                continue
            cells, orders = page.run(values, table, i), []
            for _ in range(2):
                page.run("(id, i) => document.getElementById(id).tHead.rows[0].cells[i].querySelector('button').click()", table, i)
                orders.append(page.run("(id, i) => document.getElementById(id).tHead.rows[0].cells[i].getAttribute('aria-sort')", table, i))
                found = page.run(values, table, i)
                expect(sorted(map(str, cells)), sorted(map(str, found)), f"{table}: cells sorted by {heading}")
                if any(value is not None for value, _ in cells):
                    keys = [float(value or 0) for value, _ in found]
                    expect(sorted(keys, reverse=orders[-1] == "descending"), keys, f"{table} {orders[-1]} by {heading}")
                    tried += 1
            expect({"ascending", "descending"}, set(orders), f"{table}: orders of {heading}")
    page.open(report.url)
    for state, table in zip(before["tables"], page.run("[...document.querySelectorAll('table')].map(t => t.id)")):
        if state["more"]:
            page.run("id => document.getElementById(id).querySelector('.more').click()", table)
            rows = next(after for after in report.state()["tables"] if after["id"] == table)["rows"]
            expect([True] * len(rows), [row["shown"] for row in rows], f"{table} unfolded")
            page.run("id => document.getElementById(id).querySelector('.more').click()", table)
    expect(before, report.state(), "folded again")
    for answer in answers:
        table, file, columns = answer.split(":")
        page.run("id => document.getElementById(id).querySelector('caption button').click()", table)
        text = page.run("navigator.clipboard.readText()")
        copied = list(csv.DictReader(text.splitlines()))
        wanted = rows_of(pathlib.Path(folder, file))
        expect(len(page.run("id => [...document.getElementById(id).tBodies[0].rows].map(() => 0)", table)), len(copied), f"rows of {table} as CSV")
        for pair in columns.split(","):
            heading, column = pair.split("=")
            expect(sorted(row[column] for row in wanted[: len(copied)]), sorted(row[heading] for row in copied), f"{table}: {heading}")
            tried += 1
    report.quiet()
    return f"{tried} columns"


def try_units(browser, path):
    """Units of tables go round, and the button says so: kB, KiB, bytes, and kB again; all else is as it was."""
    report = Report(browser, path)
    before = report.state()
    for scale, label in ((BINARY, "KiB, MiB in tables"), ((1, ["B"]), "bytes in tables"), (SI, "kB, MB")):
        report.page.click("#units")
        expect(f"units: {label}", report.page.run("document.getElementById('units').textContent"), "what the button says")
        for number, text, digits, in_table in report.state()["numbers"]:
            expect(shown(int(number), digits, scale if in_table else SI), text, f"text of {number}")
    expect(before, report.state(), "units after three clicks")
    report.quiet()
    return f"{len(before['numbers'])} numbers in three units"


def try_pointer(browser, path):
    """What a pointer is over is said beside it: titles, and the sum of a bin."""
    report, tried = Report(browser, path), 0
    page, data = report.page, report.data
    cells = [element for element in static(path).iter() if "cell" in element.get("class", "").split()]
    titles = [text_of(title) for cell in cells for title in cell.iter(SVG + "title")]
    tip = "document.getElementById('tip').hidden ? null : document.getElementById('tip').textContent"
    place = """(selector, i, x) => {
      const element = document.querySelectorAll(selector)[i];
      element.scrollIntoView({ block: 'center' });
      const box = element.getBoundingClientRect();
      return [box.left + box.width * x, box.top + box.height / 2];
    }"""
    for i in range(0, page.run("document.querySelectorAll('.wide .cell').length"), 7):
        page.move(*page.run(place, ".wide .cell", i, 0.5))
        said = page.run(tip)
        if said not in titles:
            raise Failed(f"over cell {i}: {said!r}")
        tried += 1
    bins = [0] * (len(data["times"]) - 1)
    for series in data["series"]:
        for at, number in zip(series[::2], series[1::2]):
            bins[at] += int(number)
    for i in range(0, len(bins), 5):
        page.move(*page.run(place, ".wide .scrub", 0, (i + 0.5) / len(bins)))
        expect(f"{data['times'][i]} to {data['times'][i + 1]}: {words(bins[i])}", page.run(tip), f"over bin {i}")
        tried += 1
    page.move(2, 2)
    expect(None, page.run(tip), "over nothing")
    report.quiet()
    return f"{tried} places"


def try_names(browser, path):
    """What a screen reader says of drawings: every zone, ribbon and cell is a button that says what is written there, word by word."""
    report = Report(browser, path)
    tree = report.page.call("Accessibility.getFullAXTree")["nodes"]
    said = {" ".join(node["name"]["value"].split()) for node in tree if node.get("role", {}).get("value") in ("button", "ToggleButton")}
    written = report.page.run(
        """() => [...document.querySelectorAll('.wide .node, .wide .ribbon, .wide .cell')].map(e =>
          [e.matches('.node'), [...e.querySelectorAll('text')].map(t => t.textContent).join(' '), e.dataset.tip])""", None,
    )
    for node, text, tip in written:
        name = " ".join((text if node else f"{text} {tip}").split())
        if not name or name not in said:
            raise Failed(f"nobody says {name!r}")
    stops = report.page.run("document.querySelectorAll('svg [tabindex=\"0\"]').length")
    kinds = report.page.run("[...document.querySelectorAll('svg')].flatMap(s => ['.node', '.ribbon', '.cell'].filter(k => s.querySelector(k))).length")
    expect(kinds, stops, "tab stops of drawings")
    return f"{len(written)} buttons, {stops} tab stops"


def drawn(pdf):
    """What the pages of a file draw: orders, and numbers, of which the last digits depend on the layouts before."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pathlib.Path(pdf).read_bytes(), re.S)
    words = [word for stream in streams for word in (zlib.decompress(stream) if stream[:1] == b"x" else stream).split()]
    return [float(word) if re.fullmatch(rb"-?[0-9]*\.?[0-9]+", word) else word for word in words]


def printed(pdf):
    """Texts of a file that Chromium printed, page by page: where each begins, from the top, and its size, both in points."""
    raw, pages = pathlib.Path(pdf).read_bytes(), []
    for page in re.finditer(rb"<</Type /Page\n.*?/MediaBox \[0 0 \S+ (\S+)\]\n/Contents (\d+) 0 R", raw, re.S):
        height, texts, operands = float(page[1]), [], []
        stream = zlib.decompress(re.search(rb"\n%s 0 obj.*?stream\r?\n(.*?)endstream" % page[2], raw, re.S)[1])
        at, text, size, kept = (1, 0, 0, 1, 0, 0), None, 0, []
        after = lambda one, then: (
            one[0] * then[0] + one[1] * then[2], one[0] * then[1] + one[1] * then[3], one[2] * then[0] + one[3] * then[2],
            one[2] * then[1] + one[3] * then[3], one[4] * then[0] + one[5] * then[2] + then[4], one[4] * then[1] + one[5] * then[3] + then[5],
        )
        for word in stream.split():
            if re.fullmatch(rb"-?[0-9]*\.?[0-9]+", word):
                operands.append(float(word))
                continue
            if word == b"q":
                kept.append(at)
            elif word == b"Q":
                at = kept.pop()
            elif word == b"cm":
                at = after(tuple(operands[-6:]), at)
            elif word == b"Tf":
                size = operands[-1]
            elif word == b"Tm":
                text = tuple(operands[-6:])
            elif word == b"Td":
                text = after((1, 0, 0, 1, *operands[-2:]), text)
            elif word == b"Tj":
                a, b, _, _, _, y = after(text, at)
                texts.append((height - y, size * (a * a + b * b) ** 0.5))
            operands = []
        pages.append(texts)
    return pages


def try_paper(browser, path, pdf):
    """A printed page is filled before the next one begins, at least to 60 % if it is the first; all texts are on it and can be read."""
    report = Report(browser, path)
    # What is beyond the edge is not in the file at all.
    report.page.look(PAPER_PX, media="print")
    beyond = report.page.run(
        """width => [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > width + 1)
          .map(e => `${e.nodeName} ${e.textContent.slice(0, 40)}`)""", PAPER_PX,
    )
    expect([], [words for words in beyond if not words.startswith(("path", "title", "desc"))][:10], "beyond the edge of the paper")
    report.page.look(1280)
    report.page.pdf(pdf)
    pages, mm = printed(pdf), 72 / 25.4
    for number, texts in enumerate(pages, 1):
        if not texts:
            raise Failed(f"page {number} is empty")
        small = min(size for _, size in texts)
        if small < 7.5:
            raise Failed(f"page {number} has a text of {small:.1f} points")
    filled = (max(y for y, _ in pages[0]) / mm - 14) / (297 - 2 * 14)
    if len(pages) > 1 and filled < 0.6:
        raise Failed(f"page 1 is filled to {100 * filled:.0f} %")
    report.quiet()
    return f"{sum(map(len, pages))} texts on {len(pages)} pages, {100 * filled:.0f} % of the first"


def try_print(browser, path, pdf):
    """Printed: light, middle, details open, no triangle, no button."""
    report = Report(browser, path, dark=True)
    report.page.look(1280, dark=True, media="print")
    seen = report.page.run(
        """() => ({
          ground: getComputedStyle(document.documentElement).getPropertyValue('--paper').trim(),
          buttons: [...document.querySelectorAll('button:not(th button), #tip, #selection, [data-hint]')].filter(e => e.checkVisibility()).length,
          others: [...document.querySelectorAll('svg.wide, svg.narrow')].filter(e => e.checkVisibility()).length,
          triangles: [...document.querySelectorAll('summary')].filter(e => getComputedStyle(e).listStyleType != 'none').length,
          details: [...document.querySelectorAll('details > :not(summary)')].filter(e => !e.getBoundingClientRect().height).length,
        })""", None,
    )
    expect({"ground": "#fff", "buttons": 0, "others": 0, "triangles": 0, "details": 0}, seen, "printed")
    report.page.look(1280)
    # Paper has no button that takes a choice back: it shows all, whatever the window does, before and after.
    report.page.pdf(pdf)
    whole = drawn(pdf)
    report.page.click(".wide .node")
    report.page.move(2, 2)
    chosen = report.state()
    expect(True, chosen["bar"] is not None, "something is chosen")
    report.page.pdf(pdf)
    expect(len(whole), len(drawn(pdf)), "parts of what is printed of a choice")
    for one, other in zip(whole, drawn(pdf)):
        if one != other and not (isinstance(one, float) and isinstance(other, float) and abs(one - other) < 0.01):
            raise Failed(f"a choice changes what is printed: {one!r} is {other!r}")
    expect(chosen, report.state(), "chosen after printing")
    pages = len(re.findall(rb"/Type\s*/Page\b", pathlib.Path(pdf).read_bytes()))
    if not 1 <= pages <= 40:
        raise Failed(f"{pages} pages")
    report.quiet()
    return f"{pages} pages"


def try_axe(browser, path, axe):
    """axe-core finds nothing, at any size, of anything chosen."""
    report, script = Report(browser, path), pathlib.Path(axe).read_text(encoding="utf-8")
    rules = 0
    for width, dark, choose in ((1280, False, False), (1280, True, True), (360, False, True), (360, True, False)):
        report.page.look(width, dark=dark)
        report.page.open(report.url)
        report.page.run(f"void (() => {{ {script} }})()")
        if choose:
            report.page.run("document.querySelector('.node').dispatchEvent(new MouseEvent('click', { bubbles: true }))")
        found = report.page.run(
            """axe.run(document).then(found => [found.passes.length, found.violations.map(rule =>
              [rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 200), rule.nodes[0].failureSummary])])"""
        )
        expect([], found[1], f"axe at {width}{', dark' if dark else ''}")
        rules = max(rules, found[0])
    return f"{rules} rules, four times"


def try_pictures(browser, path, folder):
    """For people to look at."""
    for width, dark in ((1280, False), (1280, True), (360, False)):
        Report(browser, path, width=width, dark=dark).page.picture(pathlib.Path(folder, f"{'dark' if dark else 'light'}-{width}.png"))
    report = Report(browser, path)
    report.page.click(".wide .node")
    report.page.move(2, 2)
    report.page.picture(pathlib.Path(folder, "chosen-1280.png"))
    return "4 pictures"


def main():
    cut = sys.argv.index("--")
    name, folder, *rest = sys.argv[1:cut]
    with Browser(sys.argv[cut + 1 :], folder) as browser:
        try:
            print(globals()[f"try_{name}"](browser, *rest))
        except Failed as failure:
            raise SystemExit(f"{name}: {failure}")


main()
