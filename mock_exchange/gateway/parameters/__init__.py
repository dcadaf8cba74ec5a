"""Parameters: text in, typed values out, the documented code for each mistake.

Every parameter is described once (`table`); parsing, refusals and the OpenAPI page are made from that.
`orders` has those of order verbs and the rules between them, `times` the rules between a query's times.

Unknown parameters are ignored, as the venue does.
"""
