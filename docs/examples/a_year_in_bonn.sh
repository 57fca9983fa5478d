#!/usr/bin/env bash
# A secretariat's year: the Polizeipräsidium Bonn, for whose nine areas the reference data know no bodies.
#
#     SIKO_CLOCK=manual siko up --data bonn            in one terminal; an empty folder
#     SIKO_DATA=bonn docs/examples/a_year_in_bonn.sh   in another
#
# Everything is a `siko` command, and `--help` behind each explains it. The bodies are examples, marked as not verified.
set -euo pipefail

ALL='Bonn,Bad Honnef,Bornheim,Königswinter,Meckenheim,Rheinbach,Alfter,Swisttal,Wachtberg'

secretariat() { siko --as secretariat@pp-bonn "$@"; }
convenor() { siko --as convenor@pp-bonn "$@"; }
minutes() { siko --as minute_taker@pp-bonn "$@"; }
ministry() { siko --as ministry "$@"; }
say() { printf '\n== %s\n' "$*"; }

# Days pass by themselves on the system's clock. Here the operator turns them, so that a year takes a minute.
today() { say "$1" && siko --as operator send scheduler advance_clock as_of="$1 08:00" --wait > /dev/null; }

# ---------------------------------------------------------------------------------------------------------------------
say 'Who does what: each role has a sign-in of its own'
siko import nrw > /dev/null
for role in operator ministry secretariat@pp-bonn convenor@pp-bonn minute_taker@pp-bonn; do
    siko login --as "$role" > /dev/null
done

today 04.01.2027
# A secretariat keeps the bodies of its own areas; one that is competent for another authority's too is the ministry's.
if secretariat send scheduler register_body body_id=olg-rheinland name='Oberlandesgericht' category=ordinary_court \
    areas=Bonn,Köln route=direct leadership_function='Präsidentin oder Präsident' valid_from=01.01.2027
then exit 1; fi

# A body: id, name, category, function of its head, areas; of a school office also the body that forwards its mail.
body() {
    secretariat send scheduler register_body body_id="$1" name="$2" category="$3" leadership_function="$4" areas="$5" \
        route="$([[ -n ${6-} ]] && echo via || echo direct)" ${6+via="$6"} verified=no valid_from=01.01.2027 > /dev/null
}

say 'The secretariat registers the bodies of its areas'
head='Präsidentin oder Präsident'
body sta-bonn 'Staatsanwaltschaft Bonn' public_prosecutor \
    'Leitende Oberstaatsanwältin oder Leitender Oberstaatsanwalt' "$ALL"
body lg-bonn 'Landgericht Bonn' ordinary_court "$head" "$ALL"
body ag-bonn 'Amtsgericht Bonn' ordinary_court "$head" 'Bonn,Alfter,Bornheim'
body ag-koenigswinter 'Amtsgericht Königswinter' ordinary_court 'Direktorin oder Direktor' 'Königswinter,Bad Honnef'
body ag-rheinbach 'Amtsgericht Rheinbach' ordinary_court 'Direktorin oder Direktor' \
    'Rheinbach,Meckenheim,Swisttal,Wachtberg'
body bpol-revier-bonn 'Bundespolizeirevier Bonn' federal_police 'Revierleitung' "$ALL"
body zollamt-bonn 'Zollamt Bonn' customs 'Leitung des Zollamts' "$ALL"
mayor='Bürgermeisterin oder Bürgermeister'
body stadt-bonn 'Bundesstadt Bonn' administration "Ober${mayor,,}" Bonn
body stadt-bad-honnef 'Stadt Bad Honnef' administration "$mayor" 'Bad Honnef'
body stadt-bornheim 'Stadt Bornheim' administration "$mayor" Bornheim
body stadt-koenigswinter 'Stadt Königswinter' administration "$mayor" Königswinter
body stadt-meckenheim 'Stadt Meckenheim' administration "$mayor" Meckenheim
body stadt-rheinbach 'Stadt Rheinbach' administration "$mayor" Rheinbach
body gemeinde-alfter 'Gemeinde Alfter' administration "$mayor" Alfter
body gemeinde-swisttal 'Gemeinde Swisttal' administration "$mayor" Swisttal
body gemeinde-wachtberg 'Gemeinde Wachtberg' administration "$mayor" Wachtberg
# School offices are reached through the district government of the authority's own district only (R12).
body schulamt-bonn 'Schulamt für die Stadt Bonn' school_office 'Leitung des Schulamts' Bonn br-koeln
body schulamt-rhein-sieg 'Schulamt für den Rhein-Sieg-Kreis' school_office 'Leitung des Schulamts' "${ALL#Bonn,}" br-koeln
body jugendamt-bonn 'Amt für Kinder, Jugend und Familie der Bundesstadt Bonn' youth_welfare_office \
    'Leitung des Jugendamts' Bonn
# The municipalities' own offices stand here as one; for Alfter, Swisttal and Wachtberg none is known yet.
body jugendaemter-rhein-sieg 'Jugendämter der Städte im Bezirk' youth_welfare_office 'Leitung der Jugendämter' \
    'Bad Honnef,Bornheim,Königswinter,Meckenheim,Rheinbach'
body stadtwerke-bonn 'Stadtwerke Bonn Verkehrs-GmbH' business 'Geschäftsführung' Bonn
# The higher regional court is in the register already; a change says everything anew.
ministry send scheduler change_body body_id=olg-koeln name='Oberlandesgericht Köln' category=ordinary_court \
    areas="Köln,Leverkusen,$ALL" route=direct leadership_function="$head" valid_from=01.01.2027

say 'The ministry adds a topic area that Bonn needs'
ministry send scheduler add_word vocabulary=topic_area code=road_safety label=Verkehrssicherheit --wait

say 'The year is planned: a conference for each of the nine areas'
secretariat send scheduler plan_year authority_id=pp-bonn year=2027 --wait
secretariat query reporting conferences year=2027
siko login --as partner@stadt-bonn > /dev/null # bodies have sign-ins too
siko login --as partner@sta-bonn > /dev/null
siko login --as partner@br-koeln > /dev/null

# ---------------------------------------------------------------------------------------------------------------------
today 01.03.2027
say 'On which days could one meet, and what speaks against the others?'
secretariat query scheduler free_days authority_id=pp-bonn from=10.05.2027 to=16.05.2027

say 'One conference for all nine areas; it takes the place of the nine planned ones'
conference=$(secretariat send scheduler schedule_conference authority_id=pp-bonn kind=siko areas="$ALL" \
    starts_at='12.05.2027 10:00' ends_at='12.05.2027 12:30' place='Polizeipräsidium Bonn, Königswinterer Straße 500' \
    --only-id --wait)
secretariat query reporting compliance authority_id=pp-bonn year=2027

say 'Beyond those who must be invited'
secretariat send invitations add_body conference_id="$conference" body_id=stadtwerke-bonn \
    purpose='Betreiber des Nahverkehrs, Thema Haltestellen' --wait
secretariat send invitations set_contact body_id=stadt-bonn email=oberbuergermeisterin@bonn.example.org \
    salutation='Sehr geehrte Frau Oberbürgermeisterin'

say 'Who is missing, and whom could nobody reach?'
secretariat send invitations check_coverage conference_id="$conference"

# ---------------------------------------------------------------------------------------------------------------------
today 08.03.2027
say 'The convenor releases the list. Without a word on the gaps that is refused, and each is named'
if convenor send invitations release_invitations conference_id="$conference"; then exit 1; fi

say 'Each gap is accepted by itself, with its reason'
waiting='Das Kreisjugendamt hat noch keine Ansprechstelle benannt; es wird zur nächsten Konferenz eingeladen.'
convenor send invitations release_invitations conference_id="$conference" \
    accepted_gaps.area=Alfter accepted_gaps.category=youth_welfare_office accepted_gaps.reason="$waiting" \
    accepted_gaps.area=Swisttal accepted_gaps.category=youth_welfare_office accepted_gaps.reason="$waiting" \
    accepted_gaps.area=Wachtberg accepted_gaps.category=youth_welfare_office accepted_gaps.reason="$waiting" --wait
secretariat send invitations record_dispatch conference_id="$conference" body_id=lg-bonn channel=letter
for school_office in schulamt-bonn schulamt-rhein-sieg; do
    siko --as partner@br-koeln send invitations confirm_forwarding conference_id="$conference" \
        body_id="$school_office" by_body_id=br-koeln > /dev/null
done

# ---------------------------------------------------------------------------------------------------------------------
today 05.04.2027
say 'Answers come by every way; a body enters its own in the portal, all others the secretariat'
answer() { secretariat send invitations respond conference_id="$conference" body_id="$1" answer="$2" channel="$3" "${@:4}" > /dev/null; }
siko --as partner@stadt-bonn send invitations respond conference_id="$conference" body_id=stadt-bonn answer=accepted \
    channel=portal > /dev/null
answer lg-bonn accepted letter
answer zollamt-bonn tentative phone comment='Hängt vom Dienstplan der Woche ab.'
answer olg-koeln declined mail comment='Am selben Tag tagt das Präsidium.'
secretariat send invitations name_deputy conference_id="$conference" body_id=stadt-rheinbach level=deputy_head \
    function='Erste Beigeordnete' channel=mail > /dev/null
answer zollamt-bonn accepted phone
secretariat query reporting invitations conference_id="$conference"

say 'Topics: the secretariat puts one, the city another; what is not clear goes back with a reason'
topic() { # who signs in, body, topic area, title, text
    siko --as "$1" send agenda submit_topic conference_id="$conference" body_id="$2" topic_area="$3" title="$4" text="$5" \
        contains_case_data=no --only-id --wait
}
situation=$(topic secretariat@pp-bonn pp-bonn security_situation 'Lagebild für den Zuständigkeitsbereich' \
    'Einsatzgeschehen, Kriminalität und Verkehrsunfälle des vergangenen Jahres.')
schools=$(topic partner@stadt-bonn stadt-bonn protection_of_minors 'Sicherheit auf Schulwegen' \
    'Elterntaxis und Radverkehr vor den Grundschulen; die Stadt bittet um einen gemeinsamen Vorschlag.')
traffic=$(topic secretariat@pp-bonn pp-bonn road_safety 'Verkehrsunfälle auf der B 9' 'Häufung im Bereich Bad Godesberg.')
unclear=$(topic partner@sta-bonn sta-bonn other 'Austausch' 'Verschiedenes.')
secretariat send agenda return_topic topic_id="$unclear" reason='Bitte den Gegenstand nennen, damit sich alle vorbereiten können.'
number=1
for topic in "$situation" "$schools" "$traffic"; do
    secretariat send agenda accept_topic topic_id="$topic" > /dev/null
    secretariat send agenda place_item conference_id="$conference" topic_id="$topic" number=$((number++)) > /dev/null
done

today 21.04.2027
secretariat send agenda release_agenda conference_id="$conference" --wait
secretariat query reporting conference conference_id="$conference"

# ---------------------------------------------------------------------------------------------------------------------
say '12.05.2027, 10:00' # the operator turns the clock to the start
siko --as operator send scheduler advance_clock as_of='12.05.2027 10:00' --wait
convenor send scheduler open_conference conference_id="$conference" --wait

say 'Who came: the minute taker notes each body with the level that it sent'
came() { minutes send invitations record_attendance conference_id="$conference" body_id="$1" attended=yes level="$2" > /dev/null; }
PRESENT=sta-bonn,lg-bonn,ag-bonn,ag-koenigswinter,bpol-revier-bonn,zollamt-bonn,stadt-bonn,stadt-bornheim
PRESENT+=,stadt-rheinbach,schulamt-bonn,jugendamt-bonn,stadtwerke-bonn
for body_id in ${PRESENT//,/ }; do
    came "$body_id" "$([[ $body_id = stadt-rheinbach ]] && echo deputy_head || echo head)"
done
minutes send invitations record_attendance conference_id="$conference" body_id=olg-koeln attended=no --wait

say 'What each item led to'
minutes send agenda discuss_topic conference_id="$conference" topic_id="$situation" bodies_present=$PRESENT \
    outcomes.kind=situation_picture outcomes.text='Die Zahlen sind insgesamt leicht gesunken.' \
    outcomes.kind=noted
minutes send agenda discuss_topic conference_id="$conference" topic_id="$schools" bodies_present=$PRESENT \
    outcomes.kind=need_for_action outcomes.text='Vor sechs Grundschulen fehlt eine sichere Haltezone.'
minutes send agenda discuss_topic conference_id="$conference" topic_id="$traffic" bodies_present=$PRESENT \
    outcomes.kind=focal_point outcomes.text='B 9 zwischen Hochkreuz und Mehlem.'

say 'An action answers the need: the city leads, the school office has agreed, the prosecutor wants to ask first'
action=$(minutes send agenda propose_action conference_id="$conference" topic_id="$schools" \
    title='Haltezonen vor sechs Grundschulen einrichten' lead_body_id=stadt-bonn \
    contributing_body_ids=schulamt-bonn,sta-bonn consents=stadt-bonn,schulamt-bonn \
    due_on=30.11.2027 follow_up_on=30.09.2027 --only-id --wait)
secretariat query reporting actions

today 13.05.2027
minutes send scheduler record_held conference_id="$conference" \
    started_at='12.05.2027 10:00' ended_at='12.05.2027 12:20' --wait

# ---------------------------------------------------------------------------------------------------------------------
today 26.05.2027
say 'The prosecutor consents: now the action is agreed'
siko --as partner@sta-bonn send agenda consent_to_action action_id="$action" body_id=sta-bonn \
    note='Einverstanden, soweit keine Ermittlungen berührt sind.' --wait
secretariat query reporting actions
secretariat send scheduler close_conference conference_id="$conference" --wait

# ---------------------------------------------------------------------------------------------------------------------
today 03.01.2028
say 'The year is over: what the ministry sees'
ministry query reporting compliance authority_id=pp-bonn year=2027
ministry query reporting situation_topics authority_id=pp-bonn year=2027
secretariat query reporting conferences year=2027 state=CLOSED
say 'What is late'
secretariat query reporting actions overdue=yes
