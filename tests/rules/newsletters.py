"""Newsletters as people write them, one of each kind; what mail may not hold is not in them."""

from collections.abc import Mapping

BLOCK = '<p style="margin:0 0 12px">Compressed air costs more than you think.</p>'
TEXT = '<table class="c" width="600"><tr><td>{}</td></tr></table>'


def page(style: str, body: str, head: str = "") -> str:
    """Wrap a body in a whole document."""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>N</title>{head}'
        f"<style>{style}</style></head><body>{body}"
        '<p class="foot"><a href="https://a.example/end">end</a></p></body></html>'
    )


NEWSLETTERS: Mapping[str, str] = {
    "one column": page(
        "body{margin:0;font-family:Arial} .c{margin:0 auto} td{padding:20px;color:#222}",
        TEXT.format(f'<h1>June</h1>{BLOCK}<a href="https://a.example/1">read</a>'),
    ),
    "two columns side by side": page(
        ".col{display:inline-block;width:298px;vertical-align:top;background:#eee}",
        '<div style="width:600px"><div class="col">left</div><div class="col">right</div></div>'
        '<div class="col">a</div><div class="col">b</div>',
    ),
    "shown on phones only": page(
        ".m{display:none!important} .d{width:300px} "
        "@media (max-width:500px){.m{display:block!important} .d{display:none!important}}",
        '<div class="m" style="display:block">phone</div><div class="d">desktop</div>',
    ),
    "shorthands over longhands": page(
        "td{padding-left:40px} .p{padding:8px} td.q{padding:2px;padding-top:30px} "
        ".r{border-top:4px solid red!important}",
        '<table><tr><td class="p" style="padding-bottom:9px">a</td><td class="q">b</td>'
        '<td class="r" style="border:1px solid blue">c</td></tr></table>',
    ),
    "styled by hand, with a sheet": page(
        "a{color:green} a:link{color:blue} a.btn{color:#fff} p{margin:0} "
        "@media (min-width:100px){.w{width:80%}}",
        '<p class="w" style="width:200px;background:#ff0">w</p>'
        '<p><a class="btn" style="background:#333" href="https://a.example/2">buy</a> '
        '<a style="color:red" href="https://a.example/3?a=1&amp;b=2">red</a> '
        '<a href="https://a.example/4">plain</a></p>',
    ),
    "for Outlook": page(
        "#outlook a{padding:0} .ExternalClass *{line-height:100%} td{mso-line-height-rule:exactly}",
        '<!--[if mso]><table width="600"><tr><td><v:rect href="https://a.example/v"></v:rect>'
        "<![endif]--><table><tr><td>x</td></tr></table><!--[if mso]></td></tr></table><![endif]-->"
        "<!--[if !mso]><!--><p>others</p><!--<![endif]-->",
    ),
    "dark mode and clients": page(
        "u + #body .g{display:none} [data-ogsc] .t{color:#fff!important} "
        "a[x-apple-data-detectors]{color:inherit!important} "
        "@media (prefers-color-scheme:dark){.t{color:#fff}}",
        '<div id="body"><p class="t" style="color:#123456">text</p><p class="g">g</p></div>',
    ),
    "reset by a star": page(
        "*{margin:0;padding:0;box-sizing:border-box} .in *{color:#c00} p{padding:6px}",
        '<div class="in"><p>in</p><ul><li>one</li><li>two</li></ul></div><h2>out</h2>',
    ),
    "table in the middle of a line": page(
        "table{text-align:right;width:50%} img{float:left} .v{vertical-align:middle;height:60px}",
        '<table border="1"><tr><td class="v">v</td><td>w</td></tr></table><p>after</p>',
    ),
    "images with their size": page(
        "img{width:100%;height:auto;border:0} .l{width:120px}",
        '<img src="https://a.example/x.png" alt="x" width="300" height="80">'
        '<a href="https://a.example/5"><img class="l" src="https://a.example/y.png" alt="y"></a>',
    ),
    "fonts from elsewhere": page(
        "@font-face{font-family:Own;src:url(https://a.example/own.woff2)} "
        "p{font-family:Own,Georgia,serif}",
        f"{BLOCK}<p>set in it</p>",
        '<link rel="preconnect" href="https://fonts.example">'
        '<link href="https://fonts.example/css?family=Own" rel="stylesheet">',
    ),
    "right to left": page(
        'body{direction:rtl;text-align:right} [dir="ltr"]{text-align:left}',
        '<p>שלום</p><p dir="ltr">hello</p><table dir="rtl" width="90%"><tr><td>א</td></tr></table>',
    ),
    "hidden first line": page(
        ".pre{display:none;max-height:0;overflow:hidden;mso-hide:all} @supports (display:grid)"
        "{.grid{display:grid;grid-template-columns:1fr 1fr}}",
        '<div class="pre">You will like this</div><div class="grid"><p>1</p><p>2</p></div>',
    ),
    "every way to write a link": page(
        "a[href^='mailto:']{color:purple} a{text-decoration:none} a:hover{color:red}",
        "<A HREF='https://a.example/q?x=%27y%27'>q</A> <a title=\"see href=https://no.example\" "
        'href = https://a.example/bare>bare</a> <a href="  https://a.example/x ">blank</a>'
        '<a href="mailto:a@a.example">m</a> <a name="top" href="#top">top</a>'
        '<a href="https://b.example/ü?q=ä">ü</a>'
        '<!-- <a href="https://hidden.example/">old</a> -->'
        '<map name="m"><area shape="rect" coords="0,0,9,9" href="https://a.example/area" alt="a">'
        "</map>",
    ),
    "fragment without a head": '<style>p{color:#060}</style><p>Hi <a href="https://a.example/6">'
    "six</a></p>",
}
