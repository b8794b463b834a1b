#!/usr/bin/env bash
# A tour of the API: registers a use case, reads its duties, uploads evidence, watches a gap close.
#
#   OFFICE=http://127.0.0.1:8000 KEY=$(.venv/bin/python manage.py make_api_key P-001 --name tour --access write) bash docs/tour.sh
#
# Needs curl and python3 (which only picks fields out of JSON), an officer's key, and a running worker.
set -euo pipefail
OFFICE=${OFFICE:-http://127.0.0.1:8000}
: "${KEY:?Set KEY to an officer\'s API key.}"
API="$OFFICE/api/v1"
say() { printf '\n== %s\n' "$*"; }

# get PATH, post PATH JSON: the body of the answer; a refusal ends the tour with its sentence.
call() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer $KEY" "$@"; }
get() { call "$API/$1"; }
post() { call --header 'Content-Type: application/json' --data "$2" "${@:3}" "$API/$1"; }
# pick EXPRESSION: evaluates it over the JSON that comes in, as `it`.
pick() { python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"; }
# change METHOD ROW PATH JSON: writes to something that exists, with the ETag of the row as it was just read.
change() {
    local tag
    tag=$(call --output /dev/null --dump-header - "$API/$2" | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
    call --request "$1" --header "If-Match: $tag" --header 'Content-Type: application/json' --data "$4" "$API/$3"
}

say "Who am I, and which legal entities are there?"
ME=$(get "api-keys/?ordering=-expires_on" | pick 'it["results"][0]["person"]')
ENTITY=$(get "entities/?jurisdiction=eu" | pick 'it["results"][0]["key"]')
echo "$ME registers a use case for $ENTITY"

say "Register a use case. Sent twice with the same Idempotency-Key, it is registered once"
BODY='{"title": "Credit scoring (tour)", "purpose": "Scores applicants for consumer credit; a person decides.", "entity": "'$ENTITY'", "stage": "live"}'
ONCE="Idempotency-Key: tour-$$-$(date +%s)"
CASE=$(post use-cases/ "$BODY" --header "$ONCE")
AGAIN=$(post use-cases/ "$BODY" --header "$ONCE")
[ "$(pick 'it["ref"]' <<<"$CASE")" = "$(pick 'it["ref"]' <<<"$AGAIN")" ]
DEPLOYMENT=$(pick 'it["deployments"][0]' <<<"$CASE")
echo "$(pick 'it["ref"]' <<<"$CASE") runs as $DEPLOYMENT"

say "What still has to be answered? The most decisive questions first"
get "deployments/$DEPLOYMENT/questions/" | pick '"\n".join("- " + one["question"] for one in it["questions"][:3])'

say "State what is known"
post answers/ '{"scope": "'"$DEPLOYMENT"'", "answers": {"use_case.markets": ["eu"]}}' | pick '"answers changed: %s" % it["changed"]'
post answers/ '{"use_case": "'"$(pick 'it["ref"]' <<<"$CASE")"'", "answers": {"use_case.is_ai_system": true}}' | pick '"answers changed: %s" % it["changed"]'

say "Read the duties: what applies, from when, and why"
get "deployments/$DEPLOYMENT/duties/" | pick '"\n".join("%(citation)s, from %(applies_from)s: %(title)s" % one for one in [d for d in it["duties"] if d["status"] == "applies" and d["level"] == "deployment"][:5])'

say "Wait for its gaps, and choose one that a single control can close"
for _ in $(seq 60); do
    post recompute/ '{"scope": "'"$DEPLOYMENT"'"}' >/dev/null
    GAPS=$(get "gaps/?subject=$DEPLOYMENT&status=open&page_size=200")
    [ "$(pick 'it["count"]' <<<"$GAPS")" -gt 0 ] && break
    sleep 1
done
for GAP in $(pick '" ".join("%(id)s:%(requirement)s" % one for one in it["results"])' <<<"$GAPS"); do
    MAPPING=$(get "control-mappings/?requirement=${GAP#*:}&relationship=superset&status=proposed" | pick '"%(id)s %(control)s" % it["results"][0] if it["count"] else ""')
    [ -n "$MAPPING" ] && break
done
read -r MAPPING CONTROL <<<"$MAPPING"
echo "Gap ${GAP%%:*}: ${GAP#*:}; control $CONTROL"

say "Put a person on the control, make it active, approve the shipped mapping"
SEAT=$(get "controls/$CONTROL/" | pick 'it["seat"]')
change POST "seats/$SEAT/" "seats/$SEAT/assign/" '{"person": "'"$ME"'", "reason": "Tour of the API"}' | pick '"accountable: " + it["accountable"]'
change PATCH "controls/$CONTROL/" "controls/$CONTROL/" '{"status": "active"}' | pick '"status: " + it["status"]'
change POST "control-mappings/$MAPPING/" "control-mappings/$MAPPING/approve/" '{"note": "Read both texts."}' | pick '"mapping: " + it["status"]'

say "Implement it, upload evidence, record a test"
TODAY=$(date +%F)
DONE=$(post implementations/ '{"control": "'"$CONTROL"'", "scope": "'"$DEPLOYMENT"'", "state": "implemented", "since": "'"$TODAY"'"}' | pick 'it["id"]')
FILE=$(mktemp); echo "Minutes of the review" >"$FILE"
call --form "implementation=$DONE" --form "title=Minutes" --form "valid_from=2020-01-01" --form "file=@$FILE;filename=minutes.txt" "$API/evidence/" | pick '"evidence %s, SHA-256 %s…" % (it["file_name"], it["sha256"][:16])'
rm -f "$FILE"
post tests/ '{"implementation": '"$DONE"', "performed_on": "'"$TODAY"'", "result": "passed", "tester": "'"$ME"'"}' | pick '"test " + it["result"]'

say "Watch the gap close"
for _ in $(seq 60); do
    post recompute/ '{"scope": "'"$DEPLOYMENT"'"}' >/dev/null
    STATUS=$(get "gaps/${GAP%%:*}/" | pick 'it["status"]')
    echo "$STATUS"
    [ "$STATUS" = closed ] && break
    sleep 1
done
[ "$STATUS" = closed ]

say "What did the journal keep of it?"
get "journal/?noun=governance.gap&object_id=${GAP%%:*}" | pick '"\n".join("%(seq)s %(verb)s: %(reason)s" % one for one in it["results"])'
