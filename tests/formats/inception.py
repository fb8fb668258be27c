"""An export of a whole project as INCEpTION makes it: zip archives in a zip archive."""

import io
import zipfile
from xml.sax.saxutils import quoteattr

FERRY = "Port Alder welcomed the ferry. Mayor Ines Okafor waved."
TERN = "Tern Island is quiet. Ola Brandt keeps the light."
QUAY = "The quay is being mended until Friday."

_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types>
<typeDescription><name>de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity</name>
<supertypeName>uima.tcas.Annotation</supertypeName><features><featureDescription>
<name>value</name><rangeTypeName>uima.cas.String</rangeTypeName>
</featureDescription></features></typeDescription>
</types></typeSystemDescription>
"""


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def xmi(text: str, *names: tuple[str, str]) -> bytes:
    """A CAS of a text with named entities: their words and their labels."""
    entities = "".join(
        f'<ner:NamedEntity xmi:id="{10 + i}" sofa="1" begin="{text.index(words)}"'
        f' end="{text.index(words) + len(words)}" value="{label}"/>'
        for i, (words, label) in enumerate(names)
    )
    members = " ".join(str(10 + i) for i in range(len(names)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI"'
        ' xmlns:cas="http:///uima/cas.ecore"'
        ' xmlns:ner="http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore" xmi:version="2.0">'
        f'<cas:NULL xmi:id="0"/>{entities}<cas:Sofa xmi:id="1" sofaNum="1"'
        f' sofaID="_InitialView" mimeType="text" sofaString={quoteattr(text)}/>'
        f'<cas:View sofa="1" members="{members}"/></xmi:XMI>'
    ).encode()


def version(user: str, text: str, *names: tuple[str, str]) -> bytes:
    """One person's version of a document: an archive of the CAS and its type system."""
    return zipped((f"{user}.xmi", xmi(text, *names)), ("TypeSystem.xml", _TYPES.encode()))


def project(folder: str = "", *, with_format: bool = True) -> bytes:
    """Three documents: one is curated, one has two annotators, one has nobody's annotations.

    Without a format besides its own, INCEpTION writes the annotations as Java objects only.
    """
    mayor, alder, ola = ("Ines Okafor", "PERSON"), ("Port Alder", "GPE"), ("Ola Brandt", "PERSON")
    formatted = [
        ("annotation/ferry.txt/INITIAL_CAS.zip", version("INITIAL_CAS", FERRY)),
        ("annotation/ferry.txt/ada.zip", version("ada", FERRY, alder)),
        ("annotation/ferry.txt/vera.zip", version("vera", FERRY, mayor)),
        ("annotation/tern.txt/INITIAL_CAS.zip", version("INITIAL_CAS", TERN)),
        ("annotation/tern.txt/ada.zip", version("ada", TERN, ola)),
        ("annotation/tern.txt/vera.zip", version("vera", TERN, ("Tern Island", "GPE"), ola)),
        ("annotation/quay.txt/INITIAL_CAS.zip", version("INITIAL_CAS", QUAY)),
        ("curation/ferry.txt/CURATION_USER.zip", version("CURATION_USER", FERRY, alder, mayor)),
    ]
    members = [
        ("exportedproject.json", b'{"name": "Harbour"}'),
        ("source/ferry.txt", FERRY.encode()),
        ("source/tern.txt", TERN.encode()),
        ("source/quay.txt", QUAY.encode()),
        ("annotation_ser/ferry.txt/INITIAL_CAS.ser", b"\xac\xed\x00\x05"),
        ("annotation_ser/tern.txt/INITIAL_CAS.ser", b"\xac\xed\x00\x05"),
        ("annotation_ser/tern.txt/ada.ser", b"\xac\xed\x00\x05"),
        ("curation_ser/ferry.txt/CURATION_USER.ser", b"\xac\xed\x00\x05"),
        ("guideline/guideline.txt", b"Mark the names."),
        ("log/project-1.log", b"2026-03-04 exported"),
        *(formatted if with_format else []),
    ]
    return zipped(*((folder + name, data) for name, data in members))
