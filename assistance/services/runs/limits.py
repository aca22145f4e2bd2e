"""How much a run does at once, and how much it suggests."""

#: More than this an expert does not read for one request; the weakest suggestions give way.
SUGGESTIONS_PER_REQUEST = 20
#: Requests in one transaction: few enough that nobody waits long for a locked request.
BATCH = 40
#: A search for more requests than this is no sharper than none.
MOST_SEARCHED = 50
