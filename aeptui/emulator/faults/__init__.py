"""Faults on purpose: a plan of what goes wrong between a client and the local platform, and when.

A plan is a TOML file (`aeptui local serve --faults FILE`), or the same data in a test: `FaultPlan.of([{...}, ...])` for
`LocalPlatform.open(..., faults=plan)`. It decides by counting calls, never by chance, so it does the same each time.
The services know nothing of it: the faults happen before the gateway, on the line and in the answers.

    [[fault]]                          # the flow is created, but its answer is lost
    name = "lost answer"               # for you; without one it is called by its number
    method = "POST"                    # or ["POST", "PUT"]; without it: any
    route = "/flows"                   # a whole path, or the part after the service. * is within a segment, ** any
    first = 1                          # which calls: first, nth (2 or [2, 5]), every, from; without them: all
    do = "cut"
    at = "after"                       # before: never handled; after: handled; body: in the middle of the answer

    [[fault]]                          # 429 with Retry-After, for one body, in one sandbox
    route = "/sourceConnections"
    body = { name = "loyalty*" }       # also: query = { property = "flowId==*" }
    sandbox = "prod"
    do = "answer"
    status = 429
    headers = { Retry-After = "2" }    # and json = {...}, or text = "<html>"; without them an empty body
    # error = "FLOW-1404-412"          # instead of status: that refusal, in the words and shape of its service
    # applied = true                   # answered so AFTER the call was handled with success

What `do` can be:

    answer             instead of the platform's answer; applied = true: after it was handled
    cut                the connection breaks; at = before, after or body
    slow               seconds = 3; at = before (it is handled) or after (before its answer)
    silence            no answer ever; applied = true: though it was handled; seconds: the line is given up then
    late               no answer; handled all the same, after reads = N later reads of its collection, or seconds = S
    page_twice         a page of a list is served twice
    token_repeats      the next page of a list is the same page, again and again
    token_expires      a continuation token is refused
    summaries_missing  flow runs without summaries; summaries = [...] says without which
    counts_minus_one   flow runs whose counts are -1
    unknown_status     flow runs with a status nobody documents; word = "..."
    seconds_for_ms     flow runs whose *AtUTC are seconds
    initializing       a new flow is initializing for reads = N; changes are refused with FLOW-1422 meanwhile
    lag                a created, changed or deleted resource is seen so in lists only after reads = N of its
                       collection; get = true: not by its id either. Changes and deletions in the Schema
                       Registry do not lag

The shapes of runs are those of aep-api.md section 2.9, errors those of 1.4, 1.5 and 2.10. That a token expires with
FLOW-1442, and how long lists lag behind, is not documented anywhere: a guess.
"""

from __future__ import annotations

from aeptui.emulator.faults.plan import FaultPlan
from aeptui.emulator.faults.reading import FaultPlanError
from aeptui.emulator.faults.rules import Rule

__all__ = ["FaultPlan", "FaultPlanError", "Rule"]
