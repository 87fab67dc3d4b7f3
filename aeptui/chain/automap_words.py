"""The words automap knows: how exports shorten and translate names, and what they usually mean in XDM. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _table(rows: str) -> Mapping[str, tuple[str, ...]]:
    """`names: words` lines as a lookup; several names stand between commas, best paths first."""
    table: dict[str, tuple[str, ...]] = {}
    for row in rows.strip().splitlines():
        names, _, meant = row.partition(":")
        for name in names.split(","):
            table[name.strip()] = tuple(meant.split())
    return table


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SAME: Final = _table("""
addr, adr, address, adresse: address
cust, customer, kunde: customer
nm, nme, name: name
fname, firstname, forename, vorname, prenom, givenname: first name
lname, lastname, surname, familyname, nachname, apellido: last name
mname: middle name
fullname: full name
salutation, anrede, honorific: courtesy title
dob, birthday, birthdate, geburtsdatum, dateofbirth: birth @
sex, geschlecht: gender
dt, date, time, ts, at, on, day, timestamp, datetime, tstamp, dttm: @
timezone, tz: time zone
no, num, nbr, nr, number: number
cd, code, iso: code
ctry, cntry, country, land, nation, pays: country
tel, ph, telephone, telefon, phone: phone
mobile, cell, cellphone, handy, mobil, mob: mobile phone
landline: home phone
fax: fax phone
ext, extn: extension
mail, email: email
zip, zipcode, postcode, postalcode, plz: postal code
str, strasse, rue: street
ort, stadt, ville, town, city: city
prov: province
lat, latitude: latitude
lng, lon, longitude: longitude
ship, shipping, delivery: shipping
bill, billing: billing
biz, business, office, work: work
residence, residential, home: home
lang, locale, language, sprache: language
pts, pt: point
exp, expiration, expires, expiry: expiry
optin: consent
permission: consent
pg: page
link: interaction
uri, href, url: url
referer, referrer, ref: referrer
ccy, curr, currency: currency
qty: quantity
pic, photo, avatar, image: picture
uid: user id
""")
"""One written word, to the words meant. `@` is a moment: a date, a time, a day. Words not here stand for themselves."""

PHRASES: Final = _table("""
e email: email
e email address: email
email address: email
opt in: consent
given name: first name
family name: last name
sur name: last name
address line: street
address 1: address street 1
address 2: address street 2
address 3: address street 3
address 4: address street 4
line 1: street 1
line 2: street 2
address ln: address street
ln 1: street 1
ln 2: street 2
@ zone: time zone
@ gmt: @
@ utc: @
time zone: time zone
zip code: postal code
post code: postal code
postal code code: postal code
@ of birth: birth @
year of birth: birth year
shipping to: shipping
billing to: billing
email address line: mailing address street
email address ln: mailing address street
email address street: mailing address street
email address city: mailing address city
email address postal: mailing address postal
email address state: mailing address state
email address country: mailing address country
po box: post office box
post work box: post office box
p o box: post office box
invoice address: billing address
company email: work email
company phone: work phone
picture url: profile picture interaction
picture interaction: profile picture interaction
profile picture url: profile picture interaction
preferred channel: consent preferred
contact preference: consent preferred
country code code: country code
""")
"""Words that stand together, after the single ones were read, to what they mean."""

SYNONYMS: Final = _table("""
full name, name, customer name, member name, display name: person.name.fullName
member id, customer id, person id, contact id, client id, user id, crm id, customer number, member number: personID
email, personal email: personalEmail.address workEmail.address
phone, phone number: mobilePhone.number homePhone.number workPhone.number
home phone number: homePhone.number
address, street 1: homeAddress.street1 mailingAddress.street1
street 2: homeAddress.street2 mailingAddress.street2
city: homeAddress.city mailingAddress.city
postal code: homeAddress.postalCode mailingAddress.postalCode
state: homeAddress.state homeAddress.stateProvince
province: homeAddress.stateProvince homeAddress.state
region: homeAddress.region homeAddress.state
country: homeAddress.country mailingAddress.country
country code: homeAddress.countryCode mailingAddress.countryCode
latitude: homeAddress._schema.latitude
longitude, long: homeAddress._schema.longitude
points, loyalty points, points balance: loyalty.points
tier, loyalty tier, member level, loyalty level: loyalty.tier
join date, joined on, member since, signup date, enrollment date: loyalty.joinDate
event id, hit id, record id, uuid, guid, id, visit id: _id
timestamp, event time, hit time, occurred at, happened at, event timestamp, date time, placed at, created at: timestamp
event, event type, event name: eventType
url, page url, page interaction: web.webPageDetails.URL
page, page name, page title: web.webPageDetails.name
site section, section: web.webPageDetails.siteSection
page views, views: web.webPageDetails.pageViews.value
referrer, referrer url, page referrer: web.webReferrer.URL
language: preferredLanguage
currency, currency code: currencyCode currency
""")
"""What a whole column name usually means; a path may stand below a tenant's own branch."""

BRANCHES: Final = ("person", "personalEmail", "homeAddress", "mobilePhone", "homePhone", "loyalty", "web")
"""Where a name that several branches have (a city, a country) most likely belongs, best first."""

GENERIC: Final = _words("""
id name type status code number value label description primary key title state address count @ reason region
""")
"""Last names that say little by themselves: they need more evidence than being the same word."""

FILLERS: Final = _words("""
customer member user contact client person profile account buyer event the my is has to flag gmt utc hit context
properties traits data payload record
""")
"""Words that do not tell where a column belongs."""

STRUCTURE: Final = _words("address detail schema web marketing person name consent")
"""Words of a path that a column may leave out without leaving it open which field is meant."""

HOLDERS: Final = _words("val value number address")
"""Last names of fields that only hold what the object above them is: `mobilePhone.number`."""

DECIDING: Final = _words("consent")
"""Words of a path that a column must have: what `email` and `sms` mean below `consents` is another thing."""

TECHNICAL: Final = (
    "_repo",
    "repositoryCreatedBy",
    "repositoryLastModifiedBy",
    "createdByBatchID",
    "modifiedByBatchID",
    "extSourceSystemAudit",
)
"""Fields the platform fills in by itself; never suggested."""
