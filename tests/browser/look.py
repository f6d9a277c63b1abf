"""Looks at pages in a real browser: look.py DIRECTION:FILE...

For each page: nothing runs over its edge at three widths, it reads in the direction it should, it holds no script and
loads nothing, and it prints on A4. Needs chromium and chromedriver; nothing else.
"""
import base64, json, pathlib, re, subprocess, sys, tempfile, time, urllib.request

PORT = 9515
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
# Elements that may run over their own edge scroll in a box of their own; everything else must stay within the page.
MEASURE = """
const over = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && !e.closest('svg')
    && (e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1));
return {over: over.map(e => e.tagName + ' ' + e.textContent.slice(0, 40)),
    page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    dir: getComputedStyle(document.body).direction, scripts: document.scripts.length,
    loaded: performance.getEntriesByType('resource').map(e => e.name), text: document.body.innerText.length,
    cut: [...document.querySelectorAll('svg text')].filter(t => { const b = t.getBBox(), v = t.ownerSVGElement.viewBox.baseVal;
        return b.x < v.x - 1 || b.x + b.width > v.x + v.width + 1 || b.y < v.y - 1 || b.y + b.height > v.y + v.height + 1; })
        .map(t => t.textContent)};
"""


def call(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


def begin(profile):
    for _ in range(100):
        try:
            if call("/status")["ready"]:
                break
        except OSError:
            time.sleep(0.1)
    options = {"args": FLAGS + [f"--user-data-dir={profile}"]}
    return call("/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})["sessionId"]


def look(session, direction, file):
    wrong = []
    at = f"/session/{session}"
    call(f"{at}/url", {"url": pathlib.Path(file).resolve().as_uri()})
    for width in (1280, 820, 390):
        call(f"{at}/window/rect", {"width": max(width, 500), "height": 1000})
        call(f"{at}/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params":
             {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}})
        seen = call(f"{at}/execute/sync", {"script": MEASURE, "args": []})
        for what in ("over", "loaded", "cut"):
            if seen[what]:
                wrong.append(f"{what} at {width}: {seen[what][:3]}")
        if seen["page"] > 0:
            wrong.append(f"the page runs over by {seen['page']} at {width}")
        if seen["dir"] != direction:
            wrong.append(f"reads {seen['dir']}, not {direction}")
        if seen["scripts"]:
            wrong.append("it holds a script")
        if seen["text"] < 200:
            wrong.append("it shows hardly anything")
    pdf = base64.b64decode(call(f"{at}/print", {"page": {"width": 21.0, "height": 29.7}, "background": True}))
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    if not boxes or any(abs(float(w) - 595) > 2 or abs(float(h) - 842) > 2 for w, h in boxes):
        wrong.append(f"prints on {boxes[:2]}, not on A4")
    print(f"{file}: {len(boxes)} A4 pages, {seen['text']} characters" + "".join(f"\n  {line}" for line in wrong))
    return not wrong


def main(pages):
    with tempfile.TemporaryDirectory() as profile:
        driver = subprocess.Popen(["chromedriver", f"--port={PORT}"], stdout=subprocess.DEVNULL)
        try:
            session = begin(profile)
            fine = [look(session, *page.split(":", 1)) for page in pages]
            call(f"/session/{session}", method="DELETE")
        finally:
            driver.terminate()
    return 0 if pages and all(fine) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
