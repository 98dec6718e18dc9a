"""Pictures as data, and the ways they are drawn. Knows nothing of losses, reports or files that are read.

A picture is described once, by the records of `model`, and drawn in several ways:

    from losscli.pictures.model import Axis, Bars, Line, Panel, Picture
    from losscli.pictures.svg import element, document
    from losscli.pictures.terminal import draw
    from losscli.pictures.raster import image
    from losscli.pictures.files import check, content

    x, y = Axis("loss", 0, 4), Axis("samples", 0, 90)
    picture = Picture("Losses of 120 samples", "Half of the samples are below 0.4.", (Panel(x, y, (Bars(edges, counts),)),))
    element(picture)                     the <svg> element, to put into HTML; fluid=True scales it to its container
    document(picture)                    the same as the text of an .svg file
    draw(picture, width=100)             text for a terminal; signs=False where its encoding has no braille, color=True for colours
    image(picture, "png")                bytes of a PNG or PDF, by matplotlib (extra `plot`)
    kind = check("x.svg")                before anything is read: the suffix is known and the extra is installed, else UsageError
    content(picture, kind)               the bytes of that file, for `Output.write`

Marks: `Line` (NaN leaves a gap; what is infinite, or outside the frame, is clipped there with an arrow), `Band`, `Bars` (stacked
where `base` is the `heights` of the series below), `Rug`, `Intervals` (dots with intervals; the y axis has `names` and `notes`),
`Cells` (counts in two dimensions by lightness), `Rule` (a dashed reference line, such as a diagonal). `style` is the number of a
series: its colour and dashes; marks of one label and style have one entry in the legend. Axes are linear or logarithmic, with ticks
at 1, 2 and 5 times powers of ten; `span` gives the ends of an axis that covers values, `categories` an axis of names.

An SVG has the same bytes on every run: no identifiers, no dates, two decimals. It has presentation attributes only, so that it
looks the same without styles and scripts, and text on paper of its own unless `paper=False`, where it takes the colour of the text
around it. Each panel is a `<g class="panel">` with a `<rect class="frame">`, `<g class="x axis">` and `<g class="y axis">` with one
`<text>` for each tick, and one element per mark with the mark's name as class and its label as `<title>`, which
`tests/support/read_svg.py` reads back.
"""
