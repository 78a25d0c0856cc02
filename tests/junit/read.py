# JUnit files as others read them: the tree by Python's XML parser, and the counts as junitparser
# counts the cases itself.
import json, sys
import xml.etree.ElementTree as ET
from junitparser import JUnitXml


def tree(element):
    children = [tree(child) for child in element]
    text = (element.text or "").strip()
    return {"name": element.tag, "attributes": element.attrib, "children": children, "text": text}


def read(text):
    suites = JUnitXml.fromstring(text.encode())
    suites.update_statistics()
    counts = {key: getattr(suites, key) for key in ("tests", "failures", "errors", "skipped")}
    return {"tree": tree(ET.fromstring(text.encode())), "counts": counts}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
