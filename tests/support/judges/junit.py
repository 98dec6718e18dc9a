"""What reads JUnit XML: lxml against a schema, junitparser, and the rules by which GitLab and Jenkins show a case.

The schema has the elements, attributes and patterns of Jenkins' xUnit plugin (`junit-10.xsd`, read 2026-11), as far as reports of
losscli have them; what the plugin refuses, it refuses too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from junitparser import JUnitXml
from lxml import etree

_TEXT = 'type="xs:string"'
_RESULT = "".join(
    f'<xs:element name="{name}"><xs:complexType mixed="true"><xs:attribute name="type" {_TEXT}/>'
    f'<xs:attribute name="message" {_TEXT}/></xs:complexType></xs:element>'
    for name in ("failure", "error", "skipped")
)
_SCHEMA = f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="time"><xs:restriction base="xs:string">
    <xs:pattern value="(([0-9]{{0,3}},)*[0-9]{{3}}|[0-9]{{0,3}})*(\\.[0-9]*)?"/>
  </xs:restriction></xs:simpleType>
  {_RESULT}
  <xs:element name="property"><xs:complexType>
    <xs:attribute name="name" {_TEXT} use="required"/><xs:attribute name="value" {_TEXT} use="required"/>
  </xs:complexType></xs:element>
  <xs:element name="properties"><xs:complexType><xs:sequence>
    <xs:element ref="property" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="testcase"><xs:complexType>
    <xs:sequence><xs:choice minOccurs="0" maxOccurs="unbounded">
      <xs:element ref="skipped"/><xs:element ref="error"/><xs:element ref="failure"/>
    </xs:choice></xs:sequence>
    <xs:attribute name="name" {_TEXT} use="required"/><xs:attribute name="time" {_TEXT}/><xs:attribute name="classname" {_TEXT}/>
  </xs:complexType></xs:element>
  <xs:element name="testsuite"><xs:complexType>
    <xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element ref="properties"/><xs:element ref="testcase"/></xs:choice>
    <xs:attribute name="name" {_TEXT} use="required"/><xs:attribute name="tests" {_TEXT} use="required"/>
    <xs:attribute name="failures" {_TEXT} use="required"/><xs:attribute name="errors" {_TEXT} use="required"/>
    <xs:attribute name="skipped" {_TEXT}/><xs:attribute name="time" type="time"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" {_TEXT}/><xs:attribute name="time" type="time"/><xs:attribute name="tests" {_TEXT}/>
    <xs:attribute name="failures" {_TEXT}/><xs:attribute name="errors" {_TEXT}/>
  </xs:complexType></xs:element>
</xs:schema>
"""
SCHEMA = etree.XMLSchema(etree.fromstring(_SCHEMA))


@dataclass(frozen=True)
class Shown:
    """A case as a program shows it. status: passed, failed, error or skipped."""

    suite: str
    name: str
    status: str
    message: str


def document(text: str) -> etree._Element:
    """The document, which is valid, and says the right numbers."""
    found = etree.fromstring(text.encode())
    SCHEMA.assertValid(found)
    for suite in found:
        cases = suite.findall("testcase")
        counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")}
        assert suite.get("tests") == str(len(cases))
        assert [suite.get(x) for x in ("failures", "errors", "skipped")] == [str(n) for n in counts.values()]
        assert len({case.get("name") for case in cases}) == len(cases)
    for name in ("tests", "failures", "errors"):
        assert int(found.get(name, "")) == sum(int(suite.get(name, "")) for suite in found)
    return found


def by_gitlab(text: str) -> list[Shown]:
    """As `lib/gitlab/ci/parsers/test/junit.rb` reads them: the content is the message, the class name the suite."""
    return [_shown(case, case.get("classname", ""), lambda x: x.text or "") for case in document(text).iter("testcase")]


def by_jenkins(text: str) -> list[Shown]:
    """As `CaseResult.java` reads them: the attribute is the message."""
    cases = document(text).iter("testcase")
    return [_shown(case, case.getparent().get("name", ""), lambda x: x.get("message", "")) for case in cases]


def _shown(case: etree._Element, suite: str, message: Callable[[etree._Element], str]) -> Shown:
    for tag, status in (("failure", "failed"), ("error", "error"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            return Shown(suite, case.get("name", ""), status, message(found))
    return Shown(suite, case.get("name", ""), "passed", "")


def by_junitparser(text: str) -> list[Shown]:
    """As junitparser reads them."""
    found = JUnitXml.fromstring(text.encode())
    words = {"Failure": "failed", "Error": "error", "Skipped": "skipped"}
    out = []
    for suite in found:
        for case in suite:
            result = case.result[0] if case.result else None
            status = "passed" if result is None else words[type(result).__name__]
            out.append(Shown(suite.name, case.name, status, "" if result is None else result.message))
    assert found.tests == len(out)
    return out


def texts(text: str) -> list[str]:
    """Every text of the document."""
    return [x for node in document(text).iter() for x in (*node.attrib.values(), node.text or "")]
