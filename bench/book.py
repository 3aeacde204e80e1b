#!/usr/bin/env python3
"""A scanned book of many pages on a shelf, against the tesseract command, two at a time: pages a minute, seconds to the
first answer, and whether memory grows with the pages.

usage: bench/book.py SCANS_FOLDER [--pages 300] [--kind pdf|tiff] [--shoal build/release/bin/shoal]

The book is made of SCANS_FOLDER/*.tiff (bilevel, uncompressed), taken in turn until there are enough pages; each copy has
a few other pixels, so that no page is in a cache. tesseract reads the same pages, one process a page. Where others use
the machine, the ratio of seconds on a processor says more than that of wall time.
"""
import argparse, json, os, pathlib, resource, shutil, struct, subprocess, tempfile, time

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=pathlib.Path)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--kind", choices=["pdf", "tiff"], default="pdf")
    parser.add_argument("--shoal", default="build/release/bin/shoal")
    parser.add_argument("--question", default="village")
    parser.add_argument("--no-tesseract", action="store_true", help="only measure shoal")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="shoal-book-"))
    try:
        scans = [read_tiff(file) for file in sorted(options.scans.glob("*.tiff"))]
        pages = [marked(scans[i % len(scans)], i) for i in range(options.pages)]
        book = work / f"book.{options.kind}"
        book.write_bytes(make_pdf(pages) if options.kind == "pdf" else make_tiff(pages))
        env = {**os.environ, "SHOAL_HOME": str(work / "home"), "SHOAL_HOST": "own"}
        added, seconds, work_seconds = timed([options.shoal, "shelf", "add", str(book), "--json", "-q"], env)
        found, first, _ = timed([options.shoal, "shelf", "search", options.question, "--json", "-q"], env)
        ledger = added["ledger"]
        print(f"shoal      {options.pages} pages of {book.stat().st_size / 1e6:.0f} MB ({options.kind}) in {seconds:.1f} s "
              f"({work_seconds:.1f} on a processor): "
              f"{options.pages * 60 / seconds:.1f} pages a minute, peak of the workers {ledger['peak_memory_bytes'] / 1e6:.0f} MB, "
              f"{added['files'][0]['passages']} passages")
        print(f"search     {len(found['hits'])} hits after {first:.2f} s")
        if not options.no_tesseract:
            other, other_work = run_tesseract(pages, work)
            print(f"tesseract  {other:.1f} s ({other_work:.1f} on a processor): {options.pages * 60 / other:.1f} pages a minute\n"
                  f"ratio      {other / seconds:.2f} x, of seconds on a processor {other_work / work_seconds:.2f} x")
    finally:
        shutil.rmtree(work)

def timed(command, env):
    start, begun = time.monotonic(), processor_seconds()
    out = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out), time.monotonic() - start, processor_seconds() - begun

def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

def run_tesseract(pages, work):
    for i, page in enumerate(pages):
        (work / f"{i}.tiff").write_bytes(make_tiff([page]))
    commands = "".join(f"{work / str(i)}.tiff\0{work / str(i)}\0" for i in range(len(pages)))
    start, begun = time.monotonic(), processor_seconds()
    subprocess.run(["xargs", "-0", "-P", "2", "-n", "2", "sh", "-c", 'exec tesseract "$0" "$1" --dpi 300 2>/dev/null'],
                   input=commands.encode(), env={**os.environ, "OMP_THREAD_LIMIT": "1"}, check=True)
    return time.monotonic() - start, processor_seconds() - begun

def read_tiff(file):
    """(width, height, packed rows with 1 = white) of an uncompressed bilevel TIFF."""
    data = file.read_bytes()
    order = "<" if data[:2] == b"II" else ">"
    at, = struct.unpack_from(order + "I", data, 4)
    tags = {}
    for i in range(struct.unpack_from(order + "H", data, at)[0]):
        tag, kind, count, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * i)
        size = {3: 2, 4: 4}.get(kind)
        if size is None:
            continue
        place = at + 10 + 12 * i if size * count <= 4 else value
        tags[tag] = struct.unpack_from(order + str(count) + ("H" if size == 2 else "I"), data, place)
    if tags.get(258, (1,))[0] != 1 or tags.get(259, (1,))[0] != 1:
        raise SystemExit(f"{file} is not bilevel and uncompressed")
    pixels = b"".join(data[start:start + length] for start, length in zip(tags[273], tags[279]))
    if tags[262][0] == 0:
        pixels = bytes(255 - byte for byte in pixels)
    return tags[256][0], tags[257][0], pixels

def marked(page, number):
    """A dotted number in the upper left corner, too small to be read."""
    width, height, pixels = page
    row = (width + 7) // 8
    changed = bytearray(pixels)
    for bit in range(12):
        changed[row * (2 + 2 * bit)] = 0xBF if number >> bit & 1 else 0xFF
    return width, height, bytes(changed)

def make_tiff(pages):
    out, link = bytearray(b"II*\0\0\0\0\0"), 4
    for width, height, pixels in pages:
        strip = len(out)
        out += pixels + b"\0" * (len(pixels) % 2)
        resolution = len(out)
        out += struct.pack("<II", 300, 1)
        struct.pack_into("<I", out, link, len(out))
        tags = [(256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, 1), (262, 3, 1), (273, 4, strip), (277, 3, 1),
                (278, 4, height), (279, 4, len(pixels)), (282, 5, resolution), (283, 5, resolution), (296, 3, 2)]
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        link = len(out)
        out += struct.pack("<I", 0)
    return bytes(out)

def make_pdf(pages):
    import zlib
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    def add(body):
        offsets.append(len(out))
        out.extend(b"%d 0 obj\n%s\nendobj\n" % (len(offsets), body))
    add(b"<</Type/Catalog/Pages 2 0 R>>")
    kids = b" ".join(b"%d 0 R" % (3 + 3 * i) for i in range(len(pages)))
    add(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids))
    for width, height, pixels in pages:
        number = len(offsets) + 1
        box = width * 0.24, height * 0.24
        add(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %f %f]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>"
            % (*box, number + 1, number + 2))
        content = b"%f 0 0 %f 0 0 cm /I Do" % box
        add(b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content))
        packed = zlib.compress(pixels, 6)
        add(b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode"
            b"/Length %d>>\nstream\n%s\nendstream" % (width, height, len(packed), packed))
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1) + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, start)
    return bytes(out)

main()
