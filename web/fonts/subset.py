"""Cuts the fonts of the page down to the characters and weights that it uses, and writes them into this folder.

Needs Python with fonttools and brotli, and `npm ci` in the folder above. Run it after text with a new character.
"""
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).resolve().parent
WEB = HERE.parent
CORE = WEB.parent / "core/src"
FONTS = {"inter": "Inter", "source-serif-4": "Source Serif 4"}
WEIGHTS = (400, 700)
FEATURES = ["kern", "liga", "calt", "tnum", "mark", "mkmk", "ccmp", "locl"]


def characters() -> set[int]:
    """Printable ASCII, and every other character of the page's sources and of the words that the library gives it."""
    files = [WEB / "index.html", *WEB.glob("src/**/*.ts"), *WEB.glob("src/**/*.html"), *CORE.glob("method/**/*.rs")]
    text = "".join(file.read_text() for file in files if "wasm" not in file.parts)
    return {*range(0x20, 0x7F)} | {ord(character) for character in text if character > "~"}


def main() -> None:
    used = characters()
    for family in FONTS:
        for script in ["latin", "greek"]:
            source = WEB / f"node_modules/@fontsource-variable/{family}/files/{family}-{script}-wght-normal.woff2"
            font = TTFont(source)
            options = Options()
            options.layout_features = FEATURES
            options.hinting = False
            subsetter = Subsetter(options)
            subsetter.populate(unicodes=used)
            subsetter.subset(font)
            font = instantiateVariableFont(font, {"wght": WEIGHTS})
            font.flavor = "woff2"
            made = HERE / f"{family}-{script}.woff2"
            font.save(made)
            print(f"{made.name}: {source.stat().st_size} bytes became {made.stat().st_size}")


main()
