"""The palette keeps its promises of contrast, read from `tokens.css` and computed in both themes.

Every colour there is one line, `--name: light-dark(oklch(…), oklch(…));`. Contrast is WCAG 2.2's
ratio (1 to 21); differences between colours are Euclidean distances in OKLab, where about 0.02 is
just noticeable.
"""

import itertools
import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
THEMES = ("light", "dark")
HUES = range(1, 13)
SURFACES = ("desk", "paper", "raised", "sunken")
NEWS = ("info", "success", "warning", "error")

type Vector = tuple[float, float, float]
type Matrix = tuple[Vector, Vector, Vector]
type OKLCH = tuple[float, float, float]  # lightness 0-1, chroma, hue in degrees

# Björn Ottosson, "A perceptual color space for image processing", 2020.
LAB_TO_LMS: Matrix = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
LMS_TO_RGB: Matrix = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
RGB_TO_LMS: Matrix = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
LMS_TO_LAB: Matrix = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)

# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", 2009, at severity 1. The matrices work on linear sRGB.
VISIONS: dict[str, Matrix] = {
    "common": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def parsed(css: str) -> dict[tuple[str, str], OKLCH]:
    """Map (theme, token) to its colour, for every token that has one opaque colour a theme."""
    colour = r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)"
    token = re.compile(rf"--([\w-]+):\s*light-dark\({colour}, {colour}\);")
    colours: dict[tuple[str, str], OKLCH] = {}
    for name, *numbers in token.findall(css):
        light, dark = map(float, numbers[:3]), map(float, numbers[3:])
        for theme, (lightness, chroma, hue) in zip(THEMES, (light, dark), strict=True):
            colours[theme, name] = (lightness / 100, chroma, hue)
    return colours


COLOURS = parsed(TOKENS.read_text(encoding="utf-8"))


def times(matrix: Matrix, vector: Vector) -> Vector:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def linear_rgb(colour: OKLCH) -> Vector:
    """Linear sRGB; a component below 0 or above 1 means that screens cannot show the colour."""
    lightness, chroma, hue = colour
    angle = math.radians(hue)
    l, m, s = times(LAB_TO_LMS, (lightness, chroma * math.cos(angle), chroma * math.sin(angle)))  # noqa: E741
    return times(LMS_TO_RGB, (l**3, m**3, s**3))


def clipped(rgb: Vector) -> Vector:
    r, g, b = (min(max(component, 0.0), 1.0) for component in rgb)
    return r, g, b


def oklab(rgb: Vector) -> Vector:
    l, m, s = times(RGB_TO_LMS, clipped(rgb))  # noqa: E741
    return times(LMS_TO_LAB, (math.cbrt(l), math.cbrt(m), math.cbrt(s)))


def luminance(colour: OKLCH) -> float:
    r, g, b = clipped(linear_rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(theme: str, one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two tokens."""
    dark, light = sorted((luminance(COLOURS[theme, one]), luminance(COLOURS[theme, other])))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_and_white_is_21() -> None:
    black, white = luminance((0.0, 0.0, 0.0)), luminance((1.0, 0.0, 0.0))

    assert (white + 0.05) / (black + 0.05) == pytest.approx(21, abs=0.01)


def test_every_hue_has_a_tint_and_a_line_in_both_themes() -> None:
    expected = {
        (theme, f"hue-{hue}-{part}")
        for theme in THEMES
        for hue in HUES
        for part in ("tint", "line")
    }

    assert {key for key in COLOURS if key[1].startswith("hue-")} == expected


@pytest.mark.parametrize("theme", THEMES)
class TestText:
    @pytest.mark.parametrize("surface", SURFACES)
    @pytest.mark.parametrize("ink", ["ink", "ink-soft"])
    def test_ink_reads_as_print_on_every_surface(self, theme: str, ink: str, surface: str) -> None:
        assert contrast(theme, ink, surface) >= 7

    @pytest.mark.parametrize("surface", SURFACES)
    def test_muted_text_reads_on_every_surface(self, theme: str, surface: str) -> None:
        assert contrast(theme, "ink-muted", surface) >= 4.5

    @pytest.mark.parametrize("ink", ["ink", "ink-soft"])
    @pytest.mark.parametrize("hue", HUES)
    def test_text_reads_on_every_tint(self, theme: str, hue: int, ink: str) -> None:
        assert contrast(theme, ink, f"hue-{hue}-tint") >= 4.5

    @pytest.mark.parametrize("ink", ["ink", "ink-soft"])
    def test_selected_text_reads(self, theme: str, ink: str) -> None:
        assert contrast(theme, ink, "selection") >= 4.5

    @pytest.mark.parametrize("kind", NEWS)
    def test_news_reads_on_its_own_tint_and_on_every_surface(self, theme: str, kind: str) -> None:
        for ground in (f"{kind}-tint", *SURFACES):
            assert contrast(theme, kind, ground) >= 4.5, ground

    @pytest.mark.parametrize("kind", NEWS)
    def test_ink_reads_on_the_tint_of_news(self, theme: str, kind: str) -> None:
        assert contrast(theme, "ink", f"{kind}-tint") >= 7

    def test_inverted_text_reads_on_buttons_and_on_the_loud_save_state(self, theme: str) -> None:
        for ground in ("ink", "ink-soft", "error"):
            assert contrast(theme, "paper", ground) >= 4.5, ground


@pytest.mark.parametrize("theme", THEMES)
class TestLines:
    @pytest.mark.parametrize("hue", HUES)
    def test_an_underline_shows_on_paper_desk_and_its_own_tint(self, theme: str, hue: int) -> None:
        for ground in ("paper", "desk", f"hue-{hue}-tint"):
            assert contrast(theme, f"hue-{hue}-line", ground) >= 3, ground

    @pytest.mark.parametrize("line", ["focus", "rule-strong"])
    @pytest.mark.parametrize("surface", SURFACES)
    def test_focus_and_the_borders_of_controls_show(
        self, theme: str, line: str, surface: str
    ) -> None:
        assert contrast(theme, line, surface) >= 3


@pytest.mark.parametrize("theme", THEMES)
class TestHues:
    def test_every_colour_can_be_shown_on_a_plain_screen(self, theme: str) -> None:
        """A colour outside sRGB would be changed by each browser in its own way."""
        for (of_theme, name), colour in COLOURS.items():
            if of_theme == theme:
                assert all(-0.002 <= part <= 1.002 for part in linear_rgb(colour)), name

    def test_tints_share_one_lightness_and_one_chroma(self, theme: str) -> None:
        assert len({COLOURS[theme, f"hue-{hue}-tint"][:2] for hue in HUES}) == 1

    def test_lines_share_one_chroma_and_stay_close_in_lightness(self, theme: str) -> None:
        lines = [COLOURS[theme, f"hue-{hue}-line"] for hue in HUES]
        lightness = [line[0] for line in lines]

        assert len({line[1] for line in lines}) == 1
        assert max(lightness) - min(lightness) <= 0.161

    def test_a_tint_and_its_line_are_of_one_hue_and_no_two_labels_share_it(
        self, theme: str
    ) -> None:
        tints = [COLOURS[theme, f"hue-{hue}-tint"][2] for hue in HUES]
        lines = [COLOURS[theme, f"hue-{hue}-line"][2] for hue in HUES]

        assert tints == lines
        assert len(set(lines)) == len(HUES)

    @pytest.mark.parametrize("vision", VISIONS)
    def test_the_first_eight_lines_are_told_apart(self, theme: str, vision: str) -> None:
        seen = [
            oklab(times(VISIONS[vision], linear_rgb(COLOURS[theme, f"hue-{hue}-line"])))
            for hue in HUES[:8]
        ]

        assert min(math.dist(a, b) for a, b in itertools.combinations(seen, 2)) >= 0.05
