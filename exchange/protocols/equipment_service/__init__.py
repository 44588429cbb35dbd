"""The dialect of 1C «EquipmentService» (1С:Офлайн оборудование): SOAP outside, a document as a string inside.

formats    what a version of the format can say, and in which namespace
xml        reading XML that anybody may have sent; writing it
schemas    whether a document is one of its version, by the schemas of `schemas/`
soap       envelopes of SOAP 1.1 and 1.2, faults, and the description of the service (service.wsdl)
messages   what is told to a device, frozen
writing    settings, price lists and orders of formats from 2.0 on
writing_1  the same of 1.x
files      the same documents as files
answers    answers to `PostDocs`, and price lists in packages
documents  which document is of which type
reports    what a device reports of its shifts, frozen; cut into single events, each with bytes of its own
entries    a single event into an `Entry`
"""
