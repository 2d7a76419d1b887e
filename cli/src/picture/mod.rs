//! Picture as a file: the SVG itself, or a PNG or PDF that is made of it.

mod font;
mod markup;
mod pdf;
mod png;
#[cfg(test)]
pub(crate) mod testing;

use std::ffi::OsStr;
use std::path::Path;

use crate::failure::Failure;

pub(crate) use font::width;
pub(crate) use markup::{begin, escaped, number};

/// Units of SVG in an inch.
const UNITS_PER_INCH: f32 = 96.0;

/// Format of a picture's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text, for every browser.
    Svg,
    /// Pixels, 300 to an inch.
    Png,
    /// Page of the picture's size, for LaTeX.
    Pdf,
}

impl Format {
    /// Returns the format that the ending of a file's name stands for.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            "pdf" => Ok(Self::Pdf),
            _ => Err(Failure::inside(path, "the name of a picture ends in .svg, .png or .pdf".to_owned())),
        }
    }
}

/// Returns an SVG as a file of a format.
///
/// # Errors
/// A sentence that says why it cannot be drawn.
pub(crate) fn bytes(svg: &str, format: Format) -> Result<Vec<u8>, String> {
    match format {
        Format::Svg => Ok(svg.as_bytes().to_vec()),
        Format::Png => png::encode(&font::tree(svg)?),
        Format::Pdf => pdf::encode(&font::tree(svg)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Picture of two inches by one with a text of 8 pt.
    fn picture(text: &str) -> String {
        let begin = begin([144.0, 72.0], 2.0, "font-size=\"8\"", "a title");
        format!("{begin}<text x=\"2\" y=\"20\">{}</text></svg>", escaped(text))
    }

    #[test]
    fn the_ending_of_the_name_decides() {
        for (name, format) in [("a.svg", Format::Svg), ("b/c.PNG", Format::Png), ("d.e.pdf", Format::Pdf)] {
            assert_eq!(Format::of(Path::new(name)).unwrap(), format);
        }
        for name in ["a.eps", "svg", ""] {
            assert!(Format::of(Path::new(name)).unwrap_err().to_string().ends_with(".svg, .png or .pdf"), "{name}");
        }
    }

    #[test]
    fn an_svg_stays_text_of_its_size() {
        let svg = picture("Λ & more");
        let bytes = bytes(&svg, Format::Svg).unwrap();
        assert!(bytes == svg.as_bytes() && svg.contains("Λ &amp; more</text>"));
        assert_eq!(format!("{:?}", testing::inches(&svg)), "[2.0, 1.0]");
        assert!((testing::smallest_type(&svg) - 8.0).abs() < 1e-4);
    }

    #[test]
    fn a_png_has_300_pixels_to_an_inch_and_says_so() {
        let png = bytes(&picture("H"), Format::Png).unwrap();
        assert_eq!(png[37..41], *b"pHYs");
        let drawn = image::load_from_memory(&png).unwrap().into_rgb8();
        assert_eq!(drawn.dimensions(), (600, 300));
        assert!(drawn.pixels().any(|pixel| pixel.0 == [0; 3]), "the text");
    }

    #[test]
    fn a_pdf_has_a_page_of_the_picture_and_text() {
        let pdf = bytes(&picture("Λ"), Format::Pdf).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.starts_with("%PDF") && text.contains("/MediaBox [0 0 144 72]"), "{text}");
        assert!(text.contains("Roboto-Regular"), "the font is embedded");
    }

    /// A letter that the font lacks is drawn as all such letters are.
    #[test]
    fn the_font_has_every_letter_of_a_figure() {
        let drawn = |letter: char| bytes(&picture(&letter.to_string()), Format::Png).unwrap();
        let lacking = drawn('\u{e000}');
        for letter in ('!'..='~').chain("Λλεαβγσ₀±²–−×·‖…’≤≥".chars()) {
            assert!(drawn(letter) != lacking, "{letter}");
        }
        assert!(drawn('∇') == lacking, "Roboto has none");
    }

    #[test]
    fn what_is_no_svg_is_an_error() {
        for format in [Format::Png, Format::Pdf] {
            assert!(bytes("<p>", format).is_err());
        }
    }
}
