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
# Bold text is set in 600, the heaviest weight that headings have.
WEIGHTS = (400, 600)
FEATURES = ["kern", "tnum"]
# Only prose is set in serifs. What has them is written in these files, which have no use for the characters of programs.
PROSE = ["index.html", "src/skeleton/*.html", "src/tour-steps.ts", "src/story.ts", "src/verdict.ts", "src/views/prediction.ts"]
NOT_IN_PROSE = set(map(ord, "`^~{}|\\<>_@#$&*[]="))


def characters(files: list[Path]) -> set[int]:
    """Printable ASCII, and every other character of these files."""
    text = "".join(file.read_text() for file in files if "wasm" not in file.parts)
    return {*range(0x20, 0x7F)} | {ord(character) for character in text if character > "~"}


def main() -> None:
    # The page's sources, and the words that the library gives it.
    sources = [WEB / "index.html", *WEB.glob("src/**/*.ts"), *WEB.glob("src/**/*.html"), *CORE.glob("method/**/*.rs")]
    prose = [file for pattern in PROSE for file in WEB.glob(pattern)]
    fonts = {"inter": characters(sources), "source-serif-4": characters(prose) - NOT_IN_PROSE}
    for family, used in fonts.items():
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
