"""The words automap knows: which column names usually mean which XDM field. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _table(rows: str) -> Mapping[str, tuple[str, ...]]:
    """`words: paths` lines as a lookup; words are written as `automap` joins them, paths best first."""
    table: dict[str, tuple[str, ...]] = {}
    for row in rows.strip().splitlines():
        words, _, paths = row.partition(":")
        for word in words.split():
            table[word] = tuple(paths.split())
    return table


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYNONYMS: Final = _table("""
firstname givenname forename vorname prenom nombre: person.name.firstName
lastname surname familyname nachname apellido: person.name.lastName
middlename secondname: person.name.middleName
fullname name customername membername displayname: person.name.fullName
salutation courtesytitle anrede: person.name.courtesyTitle
birthdate birthday dob dateofbirth geburtsdatum: person.birthDate
birthyear yearofbirth: person.birthYear
gender sex: person.gender
memberid customerid personid contactid clientid userid crmid: personID
email emailaddress mail emailid personalemail: personalEmail.address workEmail.address
workemail businessemail companyemail: workEmail.address
phone phonenumber telephone telephonenumber tel: mobilePhone.number homePhone.number workPhone.number
mobile mobilephone mobilenumber cell cellphone handy: mobilePhone.number
homephone landline: homePhone.number
workphone businessphone officephone: workPhone.number
fax faxnumber: faxPhone.number
street street1 address address1 addressline1 streetaddress strasse: homeAddress.street1 mailingAddress.street1
street2 address2 addressline2: homeAddress.street2 mailingAddress.street2
city town ort stadt ville: homeAddress.city mailingAddress.city
zip zipcode postcode postalcode plz: homeAddress.postalCode mailingAddress.postalCode
state province region: homeAddress.state homeAddress.stateProvince homeAddress.region
country land nation: homeAddress.country mailingAddress.country
countrycode isocountry: homeAddress.countryCode mailingAddress.countryCode
latitude lat: homeAddress._schema.latitude
longitude lng lon long: homeAddress._schema.longitude
points loyaltypoints pointsbalance: loyalty.points
tier loyaltytier memberlevel loyaltylevel: loyalty.tier
joindate joinedon joinedat membersince signupdate: loyalty.joinDate
id eventid visitid hitid recordid uuid guid: _id
timestamp time datetime eventtime eventdate placedat occurredat createdat happenedat: timestamp
event eventname eventtype: eventType
url pageurl link: web.webPageDetails.URL
page pagename pagetitle: web.webPageDetails.name
sitesection section: web.webPageDetails.siteSection
pageviews views: web.webPageDetails.pageViews.value
referrer referer referrerurl: web.webReferrer.URL
language locale lang: preferredLanguage
currency currencycode: currencyCode currency
""")
"""A column's words joined, to the paths it usually means; a path may stand below a tenant's own branch."""

BRANCHES: Final = ("person", "personalEmail", "homeAddress", "mobilePhone", "homePhone", "loyalty", "web")
"""Where a name that several branches have (a city, a country) most likely belongs, best first."""

GENERIC: Final = _words("""
id name type status code number value label description primary key title state address count date time
""")
"""Last names that say little by themselves: they need more evidence than being the same word."""

FILLERS: Final = _words("customer member user contact client person profile account the my is has")
"""Words in front of a column's name that do not tell where it belongs."""

TECHNICAL: Final = (
    "_repo",
    "repositoryCreatedBy",
    "repositoryLastModifiedBy",
    "createdByBatchID",
    "modifiedByBatchID",
    "extSourceSystemAudit",
)
"""Fields the platform fills in by itself; never suggested."""
